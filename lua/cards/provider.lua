--- The module table of a provider: `new`, one function per operation, and `start`.

local await = require "cards.await"
local call = require "cards.call"
local check = require "cards.check"
local client = require "cards.client"
local core = require "cards.core"
local start = require "cards.started"

local provider = {}

--- The table behind `cards.<name>`.
-- @param name of a provider
-- @return { new = function(config), <operation> = function(client, parameters, options) … }; its `provider` is the name
function provider.module(name)
  local about = core.provider(name)
  local module = { provider = name }

  --- A client. An error, at the caller's line, where the configuration is wrong.
  function module.new(config)
    local made, wrong = client.new(about, module, config)
    if type(wrong) == "table" then
      return nil, wrong -- no mistake of the caller's: there is no room for the credential
    elseif not made then
      error(("cards.%s.new: %s"):format(name, wrong), 2)
    end
    return made
  end

  --- The client's private table; an error, at the line that called the caller, where it is none or the options are wrong.
  local function check_call(self, full_name, options)
    local private, other = core.private(self)
    if other ~= name then
      local got = other and ("a cards.%s client"):format(other) or type(self)
      error(("%s: the first argument must be a cards.%s client, not %s"):format(full_name, name, got), 3)
    end
    local wrong = options ~= nil and client.check_options(options)
    if wrong then
      error(("%s: %s"):format(full_name, wrong), 3)
    end
    return private
  end

  for operation in pairs(about.operations) do
    local full_name = ("cards.%s.%s"):format(name, operation)
    module[operation] = function(self, parameters, options)
      await.check(full_name, 2)
      if options == nil then -- most calls are as simple as that
        local record, err = await.call(self, operation, parameters, name)
        if record ~= false then
          return record, err
        end
      end
      return call(self, check_call(self, full_name, options), operation, parameters, options)
    end
  end

  --- The same call for an event loop: see cards.started.
  function module.start(self, operation, parameters, options)
    local private = check_call(self, ("cards.%s.start"):format(name), options)
    if not about.operations[operation] then
      error(("cards.%s.start: %s"):format(name, check.unknown(operation, about.operations):gsub("key", "operation", 1)), 2)
    end
    local seconds = options and options.timeout or private.timeout
    return start(seconds, call, self, private, operation, parameters, options)
  end

  return module
end

return provider
