-- Returns a number.
-- Stopped: a number is returned: a script returns a table
return 4111111111111111
