-- Has a number in the place of a name.
-- Stopped: from_env takes the name of an environment variable
return { id = hash(from_env '4111 1111 1111 1111') }
