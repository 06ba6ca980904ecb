// Command vcsim serves govmomi's vSphere simulator for one conformance run.
//
// It takes those of vcsim's flags that the launcher uses and prints the same two variables, so that either program can
// be launched in the same way. Told -stdinexit it ends when its standard input does, which is how an instance learns
// that whoever started it is gone, however that came about.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"
)

func main() {
	listen := flag.String("l", "127.0.0.1:0", "address to listen on; port 0 takes a free one")
	secure := flag.Bool("tls", true, "serve TLS")
	host := flag.Bool("esx", false, "simulate a standalone ESXi host")
	tied := flag.Bool("stdinexit", false, "exit at the end of standard input")
	start := flag.Bool("autostart", true, "power the virtual machines on")
	api := flag.String("api-version", "", "AboutInfo.apiVersion to claim")

	shape := simulator.VPX()
	flag.IntVar(&shape.Datacenter, "dc", shape.Datacenter, "datacenters")
	flag.IntVar(&shape.Cluster, "cluster", shape.Cluster, "clusters in a datacenter")
	flag.IntVar(&shape.ClusterHost, "host", shape.ClusterHost, "hosts in a cluster")
	flag.IntVar(&shape.Host, "standalone-host", shape.Host, "standalone hosts in a datacenter")
	flag.IntVar(&shape.Machine, "vm", shape.Machine, "virtual machines in a resource pool")
	flag.IntVar(&shape.Datastore, "ds", shape.Datastore, "local datastores")
	flag.IntVar(&shape.Pool, "pool", shape.Pool, "resource pools in a cluster")
	flag.IntVar(&shape.Portgroup, "pg", shape.Portgroup, "port groups in a datacenter")
	flag.Parse()

	done := make(chan os.Signal, 1)
	signal.Notify(done, syscall.SIGINT, syscall.SIGTERM)
	model := shape
	if *host {
		model = simulator.ESX()
		model.Machine, model.Datastore = shape.Machine, shape.Datastore
	}
	model.Autostart = *start
	if *api != "" {
		model.ServiceContent.About.ApiVersion = *api
	}
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	model.Service.Listen = &url.URL{Host: *listen}
	model.Service.RegisterEndpoints = false
	if *secure {
		model.Service.TLS = new(tls.Config)
	}
	server := model.Service.NewServer()
	fmt.Printf("export GOVC_URL=%s GOVC_SIM_PID=%d\n", server.URL, os.Getpid())

	if *tied {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			done <- syscall.SIGTERM
		}()
	}
	<-done
	model.Remove()
}
