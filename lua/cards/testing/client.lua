--- Clients that answer what a test says, and note what they were asked. Such a client is a real one, whose calls are checked like any other and then not sent.

local check = require "cards.util.check"
local config = require "cards.client.config"
local context = require "cards.async.context"
local core = require "cards.core"
local errors = require "cards.testing.errors"
local record = require "cards.testing.record"
local target = require "cards.testing.target"

local function is_error(value)
  return type(value) == "table" and getmetatable(value) == "cards.error"
end

--- Whether a value is a record of a call: its metatable is the operation's name.
local function is_record(value)
  return type(value) == "table" and type(getmetatable(value)) == "string" and not is_error(value)
end

--- A copy of what a caller gave, which the caller cannot change any more.
local function copy(value)
  if type(value) ~= "table" then
    return value
  end
  local made = {}
  for key, content in next, value do
    made[key] = copy(content)
  end
  return made
end

-- What was asked ------------------------------------------------------------------

--- The parameter that a bare value stands for: the one that is required.
local function bare_name(call)
  for name, param in pairs(call.private.operations[call.operation].params) do
    if param.required and call.private.defaults[name] == nil then
      return name
    end
  end
end

--- The parameters of a call by their names, with the client's defaults. A secret is a copy, which is open even when the caller has closed its own.
-- @return a table; or nil and an error where there is no room for a secret
local function parameters_of(call)
  local made, given = {}, call.parameters
  for name, value in pairs(call.private.defaults) do
    if call.private.operations[call.operation].params[name] then
      made[name] = value
    end
  end
  if type(given) == "table" then
    for name, value in next, given do
      made[name] = copy(value)
    end
  elseif given ~= nil then
    made[bare_name(call)] = given
  end
  for name, value in pairs(made) do
    if check.is_secret(value) then
      local err
      made[name], err = call.job:given(name)
      if err then
        return nil, err
      end
    end
  end
  return made
end

-- The answers ---------------------------------------------------------------------

local function first_step(path)
  return path:match "^[^.%[]+"
end

--- Whether a table is the fields of a record, and not answers by the values of a parameter: those are all tables or functions, under names of no field.
local function is_fields(given, about)
  local declared = {}
  for path in pairs(about.response.fields) do
    declared[first_step(path) or 1] = true
  end
  for key, value in next, given do
    if declared[key] or (type(value) ~= "table" and not check.is_callable(value)) then
      return true
    end
  end
  return next(given) == nil
end

local function text_of(value)
  return check.digits(value) or value
end

--- The answer under the value of a parameter.
local function find(given, parameters)
  for _, name in ipairs(check.keys(parameters)) do
    local value = text_of(parameters[name])
    for key, answer in next, given do
      if check.is_secret(value) and type(key) == "string" and value:equals(key) or not check.is_secret(value) and value == text_of(key) then
        return answer
      end
    end
  end
  return errors.make { kind = "not_found", attempts = 1 }
end

--- A function(asked) that gives an answer, of what a test gave for an operation; nil where there is none left.
local function chooser(given, about)
  if type(given) ~= "table" or check.is_callable(given) or is_error(given) or is_record(given) then
    return function() return given end
  elseif given[1] ~= nil then
    local count = 0
    return function()
      count = count + 1
      return given[count]
    end
  elseif is_fields(given, about) then
    return function() return given end
  end
  return function(asked) return find(given, asked.parameters) end
end

--- What an answer is: the value and error that a function returns, or is meant to. An error may also be what it returns first.
local function settle(answer, asked)
  local err
  if check.is_callable(answer) then
    answer, err = answer(asked.parameters, asked.options)
  end
  if is_error(answer) then
    return nil, answer
  end
  return answer, err
end

--- The error of a call, which names it.
local function named(err, call, name)
  local fields = {}
  if type(err) ~= "table" then
    error(("cards.testing: the answer of %s is neither a record nor nil and an error"):format(name), 0)
  end
  for key, value in next, err do
    fields[key] = value
  end
  fields.provider, fields.operation = fields.provider or call.provider, fields.operation or call.operation
  local made, wrong = errors.try(fields)
  if not made then
    error(("cards.testing: the error that %s answers: %s"):format(name, wrong), 0)
  end
  return made
end

--- Ends a call. @return as the call, and whether it counts as sent
local function finish(call, name, value, err)
  if value == nil then
    call.job:cancel("cancelled", "answered by a test")
    return nil, named(err, call, name), false
  elseif is_record(value) then
    call.job:cancel("cancelled", "answered by a test")
    return value, nil, false
  end
  local made, failure = record.read(value, call.private.operations[call.operation], function(text) return call.job:answer(text) end)
  if type(failure) == "string" then
    error(("cards.testing: the answer of %s: %s"):format(name, failure), 0)
  end
  return made, failure, true
end

--- Answers a call in the place of the provider: cards.client.call runs it as the plan of the operation.
-- @param call { job, private, provider, operation, plan, parameters, options, seconds = what it may take }
local function run(call)
  local plan, name = call.plan, ("%s.%s"):format(call.provider, call.operation)
  local parameters, failure = parameters_of(call)
  if not parameters then
    return nil, failure, false
  end
  local asked = { operation = call.operation, parameters = parameters, options = copy(call.options) }
  table.insert(plan.calls, asked)
  local answer = plan.choose and plan.choose(asked)
  if not answer then
    error(("cards.testing: %s was called, and its client has %s for it"):format(name, plan.choose and "used up its list of answers" or "no answer"), 5)
  end
  local ends = core.now() + call.seconds -- the job's own deadline is by the real clock
  local value, err = context.run(context.child(ends), settle, answer, asked)
  if core.now() >= ends then
    return nil, select(2, call.job:cancel("timeout", "no answer in time")), false
  end
  return finish(call, name, value, err)
end

-- The client ----------------------------------------------------------------------

local function unasked()
  error("cards.testing: no credential is needed", 2)
end

--- Adds to a configuration what `new` requires: addresses and credentials that nobody uses.
local function complete(about, given)
  local made, groups = {}, {}
  for key, value in pairs(given or {}) do
    made[key] = value
  end
  made.base_url = made.base_url or (not about.base_url and "https://testing.invalid" or nil)
  for _, credential in ipairs(about.credentials) do
    groups[credential.one_of or credential] = groups[credential.one_of or credential] or made[credential.name] ~= nil
  end
  for _, credential in ipairs(about.credentials) do
    local group = credential.one_of or credential
    if not groups[group] and not credential.optional then
      made[credential.name] = credential.kind == "setting" and "testing" or unasked
      groups[group] = true
    end
  end
  return made
end

--- What is wrong with the answers, or nil.
local function wrong_with(answers, operations)
  if type(answers) ~= "table" then
    return "the answers must be a table by the names of operations"
  end
  for name, given in pairs(answers) do
    if type(name) ~= "string" or not operations[name] then
      return check.unknown(name, operations, "operation")
    elseif type(given) ~= "table" and type(given) ~= "string" and not check.is_callable(given) then
      return ("%s must be a function, or a table or text of answers"):format(name)
    end
  end
end

--- testing.client("alix", { private_info = function(parameters) … end }): a client that answers so, and sends nothing.
-- @param of the provider's name, or its module
-- @param answers by operation. Each is a function(parameters, options) that returns the record's fields as testing.record takes them, or a record, or nil and
--   an error; or such fields themselves; or a list of answers in order, of which each call takes the next; or a table of answers by the value of a parameter,
--   such as the card's id: another one is not_found. In a list or table an answer is fields, a record, an error of testing.error or a function
-- @param settings of `new`, such as defaults and on_event, or nil; base_url and credentials are not required
-- @return the client: as a real one, with its methods and checks, and with `calls`, a list of { operation, parameters = a table, options = a table or nil }. A
--   call that is refused before it would be sent is not in it. An operation without an answer raises an error, and so does a list that is used up
-- Raises an error for an unknown provider, operation or setting.
return function(of, answers, settings)
  local found, wrong = target.provider(of)
  wrong = not found and wrong or not found.module and "the first argument must be a provider's name or its module, not a client"
  wrong = wrong or wrong_with(answers, found.operations) or settings ~= nil and type(settings) ~= "table" and "the settings must be a table"
  check.argument("cards.testing.client", wrong)
  local methods = setmetatable({ calls = {} }, { __index = found.module })
  local made
  made, wrong = config.new(found.about, methods, complete(found.about, settings))
  check.argument("cards.testing.client", type(wrong) == "string" and wrong)
  if not made then
    return nil, wrong
  end
  core.hold(made)
  local plans = {}
  for name, about in pairs(found.operations) do
    plans[name] = { run = run, calls = methods.calls, choose = answers[name] ~= nil and chooser(answers[name], about) }
  end
  core.private(made).plans = plans
  return made
end
