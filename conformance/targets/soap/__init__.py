"""The SOAP adapter."""
