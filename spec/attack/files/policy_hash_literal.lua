-- Hashes a CVV's neighbours under a key of its own.
-- Stopped: in a file hash takes its key from the environment: hash(from_env "NAME")
return { number = hash 'a key of sixteen bytes' }
