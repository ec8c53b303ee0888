-- Runs a program.
-- Stopped: 'os' is not available to a confined script
return { a = os.execute('id') }
