--- What the name of a field says of the values in it: a policy is checked by it when it is made.

local names = {}

local MAX_FIRST, MAX_LAST = 8, 4 -- of a card number: PCI DSS 3.4.1
names.MAX_FIRST, names.MAX_LAST = MAX_FIRST, MAX_LAST

local cvv_names = {
  csc = true, cid = true, cvn = true, cvn2 = true, cvd = true, cvd2 = true, cav = true, cav2 = true,
}
local cvv_words = {
  "cvv", "cvc", "securitycode", "securitynumber", "verificationcode", "verificationvalue", "verificationnumber", "validationcode", "validationvalue",
}
--- "cvc_check" says what became of one.
local cvv_about = { "check", "checked", "result", "results", "status", "present", "provided", "required", "match", "matched", "attempts", "enabled" }

local number_names = {
  number = true, pan = true, fpan = true, dpan = true, cardno = true, cardnum = true, cardnumber = true, cardpan = true, ccnumber = true, ccnum = true,
  ccno = true, accountno = true, accountnum = true, accountnumber = true,
}
local number_endings = { "cardno", "cardnum", "cardnumber", "cardpan", "accountnumber", "fullpan", "plainpan", "clearpan" }

--- How long these may be whatever the rule: a provider that writes more there has written a card number.
local longest = { last4 = MAX_LAST, lastfour = MAX_LAST, cardlast4 = MAX_LAST, bin = MAX_FIRST, cardbin = MAX_FIRST, iin = MAX_FIRST }

--- "secrets.Card_Number" is "cardnumber": names are written in many ways.
local function bare(field)
  return (field:lower():match "[^.]*$":gsub("[^%w]", ""))
end

local function ends_with(name, endings)
  for _, ending in ipairs(endings) do
    if name:sub(-#ending) == ending then
      return true
    end
  end
  return false
end

--- How many characters the field may show at most, or nil.
function names.longest(field)
  return longest[bare(field)]
end

--- What such a field holds: "cvv", "number" for a card number, or nil.
function names.holds(field)
  local name = bare(field)
  for _, word in ipairs(cvv_words) do
    if name:find(word, 1, true) and not ends_with(name, cvv_about) then
      return "cvv"
    end
  end
  if cvv_names[name] then
    return "cvv"
  end
  return (number_names[name] or ends_with(name, number_endings)) and "number" or nil
end

--- Why a rule cannot ask for so many characters, or nil.
function names.check_count(value, name, most)
  if type(value) ~= "number" or value % 1 ~= 0 or value < 0 then
    return ("%s must be a whole number that is not negative"):format(name)
  elseif most and value > most then
    local permitted = "%s = %.0f would show more of a card number than PCI DSS 3.4.1 permits (first %d, last %d)"
    return permitted:format(name, value, MAX_FIRST, MAX_LAST)
  end
end

--- Why a rule may not stand in a field that holds that, or nil.
-- @param definition of the rule, see cards.mask.rules; nil for a table of rules
function names.objection(definition, holds)
  if holds == "cvv" and not (definition and definition.hides) then
    local name = definition and definition.name or "a table of rules"
    return name .. " would show something of a card verification value: only hide and drop may stand there"
  elseif holds ~= "number" or not definition then
    return nil
  elseif definition.all then
    return definition.name .. " would show a whole card number: pan { first = 6, last = 4 } masks it"
  end
  local wrong = names.check_count(definition.first or 0, "first", MAX_FIRST) or names.check_count(definition.last or 0, "last", MAX_LAST)
  return wrong and ("%s: %s"):format(definition.name, wrong)
end

return names
