-- Shows a variable of the environment.
-- Stopped: from_env: PATH is not among the variables that files may read (cards.configure { script_env = { "PATH" } })
return { id = from_env 'PATH' }
