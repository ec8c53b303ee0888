-- Hashes under a variable that the host did not list.
-- Stopped: from_env: PATH is not among the variables that files may read (cards.configure { script_env = { "PATH" } })
return { number = hash(from_env 'PATH') }
