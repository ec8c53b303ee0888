--- A call that was refused before anything was sent, with an error that names what is wrong.

local assert = require "luassert" -- busted gives it to specs, not to what they require

--- @param record, err what the call returned
-- @param kind of the error
-- @param name that the message has to say
return function(record, err, kind, name)
  assert.is_nil(record)
  assert.equal(kind, err.kind, tostring(err))
  assert.matches(name, err.message, 1, true)
  assert.equal(0, err.attempts)
  assert.is_nil(err.status)
  assert.is_boolean(err.retryable)
  assert.is_nil(tostring(err):find "%c")
end
