-- Does so while it is loaded.
-- Stopped: too long
return { (('a'):rep(4000000)):find('^(.*)%1b') }
