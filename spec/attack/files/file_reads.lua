-- Reads a file of the host's.
-- Stopped: 'io' is not available to a confined script
return { a = io.open('/etc/passwd'):read() }
