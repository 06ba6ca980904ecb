"""The adapters: the built-in simulator, vcsim, and any server that speaks SOAP."""
