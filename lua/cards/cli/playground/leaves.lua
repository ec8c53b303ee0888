--- The fields of an answer, one for each leaf of its JSON in the order of the text, with what each is: plain, secret because the provider's description says
-- so, or secret because it says nothing of it.

local check = require "cards.util.check"
local json = require "json" -- the sandbox's, which keeps the order and the digits of numbers
local paths = require "cards.define.paths"
local to_json = require "cards.cli.json"

local SECRET = { pan = true, cvv = true, token = true, secret = true }
local MOST = 2000 -- leaves
local LONGEST = 262144 -- bytes of all paths: one long name may stand in each

--- Whether a path of the description leads to a leaf, or to a table around it.
local function leads(declared, steps, whole)
  for i, step in ipairs(declared) do
    if step ~= steps[i] and not (step == paths.EACH and type(steps[i]) == "number") then
      return false
    end
  end
  return not whole or #declared == #steps
end

--- What the description declares: a list of { steps, type }, and the steps of its root. What says success and what an error is are plain.
local function declarations(described)
  local response, list = described.response, {}
  local root = response.root ~= "" and paths.parse(response.root) or {}
  local function add(path, type, below)
    local steps = paths.parse(path)
    for i = #below, 1, -1 do
      table.insert(steps, 1, below[i])
    end
    list[#list + 1] = { steps = steps, type = type }
  end
  for path, type in pairs(response.fields) do
    add(path, type, root)
  end
  for _, rule in ipairs(described.success or {}) do
    if rule.path then
      add(rule.path, "string", {})
    end
  end
  for path in pairs(described.echo or {}) do
    add(path, "string", {})
  end
  for _, key in ipairs { "code", "message" } do
    for _, path in ipairs(described.error[key] or {}) do
      add(path, "string", {})
    end
  end
  return list, root
end

--- The value of the record for a leaf of the answer.
local function held(record, root, steps)
  if not record or not leads(root, steps) then
    return nil
  end
  local value = record
  for i = #root + 1, #steps do
    local step = steps[i]
    value = type(value) == "table" and value[type(step) == "number" and step + 1 or step] or nil
  end
  return value
end

local function kind_of(value)
  if json.is_raw(value) then
    return value == json.null and "null" or "number", value.text
  elseif type(value) == "boolean" then
    return "boolean", tostring(value)
  end
  return "string", value
end

local function each_leaf(value, steps, call)
  if json.is_object(value) then
    for _, pair in ipairs(value) do
      table.insert(steps, pair[1])
      each_leaf(pair[2], steps, call)
      table.remove(steps)
    end
  elseif json.is_array(value) then
    for i = 1, #value do
      table.insert(steps, i - 1)
      each_leaf(value[i], steps, call)
      table.remove(steps)
    end
  else
    call(value, steps)
  end
end

--- One leaf as the page shows it.
-- @param path of it, as text
local function leaf(value, steps, path, known, hide)
  local kind, text = kind_of(value)
  local secret, type
  for _, one in ipairs(known.declared) do
    if leads(one.steps, steps, true) then
      type = one.type
      secret = secret or SECRET[type]
    end
  end
  local own = held(known.record, known.root, steps)
  path = hide(path)
  if check.is_secret(own) then
    return { path = path, json = kind, value = check.line(own), class = secret and "declared" or "undeclared", type = own.class }
  elseif secret and kind ~= "null" then
    return { path = path, json = kind, value = "***", class = "declared", type = type }
  elseif not type and (kind == "string" or kind == "number") then
    return { path = path, json = kind, value = "***", class = "undeclared", type = "undeclared" }
  end
  return { path = path, json = kind, value = (hide(text)), class = "plain", type = type }
end

--- The leaves of an answer's text.
-- @param text the body
-- @param described the operation, as core.provider has it
-- @param record that the operation made of it, or nil
-- @param hide see cards.cli.playground.hidden
-- @return a list of { path, json, value, class, type }; or nil and why there are none
return function(text, described, record, hide)
  if described.response.format ~= "json" then
    return nil, ("%s, %d bytes"):format(described.response.format, #text)
  end
  local tree, wrong = json.decode((text:gsub("^\239\187\191", "")))
  if tree == nil then
    return nil, text == "" and "an empty body" or ("no JSON (%s), %d bytes"):format(wrong, #text)
  end
  local list, known, more, bytes = to_json.list {}, { record = record }, 0, 0
  known.declared, known.root = declarations(described)
  each_leaf(tree, {}, function(value, steps)
    local path = more == 0 and #list < MOST and paths.text(steps)
    bytes = bytes + (path and #path or 0)
    if path and bytes <= LONGEST then
      list[#list + 1] = leaf(value, steps, path, known, hide)
    else
      more = more + 1
    end
  end)
  return list, more > 0 and ("%d more fields"):format(more) or nil
end
