--- Ends a lock, where it is still one's own.
--
-- KEYS: the lock. ARGV: what it has. Returns whether it was.

return redis.call("GET", KEYS[1]) == ARGV[1] and redis.call("DEL", KEYS[1]) or 0
