--- Who may reveal what, and for what: a table of roles, each with classes of secrets and with purposes.

local check = require "cards.util.check"
local label = require "cards.reveal.label"

local policies = {}

local CLASSES = { pan = "a pan", cvv = "a cvv", token = "a token", credential = "a credential", undeclared = "an undeclared value" }

local function check_class(value, key)
  return not (type(value) == "string" and CLASSES[value]) and ("%s: %s"):format(key, check.unknown(value, CLASSES, "class")) or nil
end

--- The check of a list, which may be empty.
local function list_of(test)
  return function(value, key)
    if type(value) ~= "table" then
      return ("%s must be a list"):format(key)
    end
    for i, index in ipairs(check.keys(value)) do
      if index ~= i then
        return ("%s must be a list: it has the key '%s'"):format(key, check.shown(index))
      end
      local wrong = test(rawget(value, i), ("%s[%d]"):format(key, i))
      if wrong then
        return wrong
      end
    end
  end
end

local role = { classes = list_of(check_class), purposes = list_of(label) }

--- What is wrong with a policy as a script gives it, or nil.
function policies.check(value, key)
  if type(value) ~= "table" then
    return ("%s must be a table of roles"):format(key)
  end
  for _, name in ipairs(check.keys(value)) do
    local place = ("%s.%s"):format(key, check.shown(name))
    local rights = value[name]
    local wrong = label(name, ("%s: the name of a role"):format(place)) or check.table(rights, role, place .. ".")
      or not rawget(rights, "classes") and ("%s.classes is required"):format(place)
      or not rawget(rights, "purposes") and ("%s.purposes is required"):format(place)
    if wrong then
      return wrong
    end
  end
end

local function set_of(list)
  local set = {}
  for _, value in next, list do
    set[value] = true
  end
  return set
end

--- A copy of a policy that passed the check: later changes of the script's table do not matter.
-- @return by role { classes, purposes }, each with its words as keys
function policies.read(given)
  local policy = {}
  for name, rights in next, given do
    policy[name] = { classes = set_of(rawget(rights, "classes")), purposes = set_of(rawget(rights, "purposes")) }
  end
  return policy
end

--- Why a policy does not allow an act, or nil where it does.
-- @param act "reveal" or "seal"
-- @param classes of the secrets, a list
-- @param name of the role; nil where none is given, as the purpose
function policies.refusal(policy, act, classes, name, purpose)
  local rights = policy[name or false]
  if not name or not purpose then
    return ("a %s is required by the policy that cards.configure was given"):format(name and "purpose" or "role")
  elseif not rights then
    return ("role \"%s\" is none of the policy%s"):format(check.shown(name), (check.meant(name, policy)))
  elseif not rights.purposes[purpose] then
    return ("purpose \"%s\" is none of role \"%s\""):format(check.shown(purpose), check.shown(name))
  end
  for _, class in ipairs(classes) do
    if not rights.classes[class] then
      return ("role \"%s\" may not %s %s"):format(check.shown(name), act, CLASSES[class])
    end
  end
end

return policies
