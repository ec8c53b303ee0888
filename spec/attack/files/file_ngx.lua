-- Takes nginx's variables.
-- Stopped: 'ngx' is not available to a confined script
return { a = ngx.var.uri }
