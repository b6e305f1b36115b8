"""What the checks share: packages in a folder of their own, a running lakewire, a running S3 server."""
