-- Returns a rule.
-- Stopped: a table is returned: a script returns a table
return keep
