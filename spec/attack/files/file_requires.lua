-- Requires a module.
-- Stopped: 'require' is not available to a confined script
return { a = require 'cards.core' }
