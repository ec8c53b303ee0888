--- The module table of a provider: `new`, and one function per operation.

local call = require "cards.call"
local client = require "cards.client"
local core = require "cards.core"
local flow = require "cards.flow"

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

  for operation in pairs(about.operations) do
    module[operation] = function(self, parameters, options)
      if options == nil and flow.active == 0 then -- most calls are as simple as that
        local record, err = core.call(self, operation, parameters, name)
        if record ~= false then
          return record, err
        end
      end
      local private, other = core.private(self)
      if other ~= name then
        local got = other and ("a cards.%s client"):format(other) or type(self)
        error(("cards.%s.%s: the first argument must be a cards.%s client, not %s"):format(name, operation, name, got), 2)
      end
      if options ~= nil then
        local wrong = client.check_options(options)
        if wrong then
          error(("cards.%s.%s: %s"):format(name, operation, wrong), 2)
        end
      end
      return call(self, private, operation, parameters, options)
    end
  end

  return module
end

return provider
