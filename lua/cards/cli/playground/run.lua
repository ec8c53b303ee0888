--- POST api/run: one call, or an answer that was pasted, from the request to what each role sees.

local cards = require "cards"
local check = require "cards.util.check"
local code = require "cards.cli.playground.code"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local hidden = require "cards.cli.playground.hidden"
local leaves = require "cards.cli.playground.leaves"
local relay = require "cards.cli.playground.relay"
local scripts = require "cards.cli.playground.scripts"
local timeline = require "cards.cli.playground.timeline"
local to_json = require "cards.cli.json"
local wire = require "cards.cli.playground.wire"

local SECONDS = 10 -- of a call

local ROLES = { support = true, cardholder = true, audit = true }

--- A value as JSON can have it, with masks for secrets and one line for texts.
local function plain(value)
  if type(value) ~= "table" then
    return (type(value) == "string" or check.is_secret(value)) and check.line(value) or value
  end
  local made = {}
  for name, one in pairs(value) do
    made[name] = plain(one)
  end
  return made
end

--- The classes of the secrets of a neutral record.
local function secrets_of(card)
  local classes = {}
  for name, value in pairs(card) do
    classes[name] = check.is_secret(value) and value.class or nil
  end
  return classes
end

--- Calls the sandbox.
-- @return { request, answer, record, err, timeline }
local function call(asked, params)
  local run, settings = relay.open(asked.misbehaviour)
  local event
  settings.base_url = ("%s/%s"):format(settings.base_url, asked.provider)
  settings.timeout, settings.on_event = SECONDS, function(what) event = what end
  local module = cards[asked.provider]
  local client, wrong = module.from_env(settings)
  local record, err
  if client then
    local ok
    ok, record, err = pcall(module[asked.operation], client, params)
    record, err = ok and record or nil, not ok and record or err
  else
    err = wrong
  end
  relay.close(run)
  local last = run.tries[#run.tries]
  return {
    request = last and wire.request(last.head, last.body), answer = last and wire.answer(table.concat(last.answer)), record = record, err = err,
    timeline = timeline(event),
  }
end

--- Reads an answer that was pasted. The provider's definition is in force.
local function read(asked)
  local answer = asked.answer
  local ok, record, err = pcall(core.read, asked.provider, asked.operation, answer.status, answer.body)
  if not ok then
    record, err = nil, record
  end
  return { answer = { status = answer.status, headers = {}, body = answer.body }, record = record, err = err, timeline = to_json.list {} }
end

local function shown_headers(headers, hide)
  local list = to_json.list {}
  for i, header in ipairs(headers) do
    local value, secret = hide(header.value)
    list[i] = { name = hide(header.name), value = value, secret = secret }
  end
  return list
end

local function shown_request(request, hide)
  local url = hide(request.target)
  local host = ""
  for _, header in ipairs(request.headers) do
    host = header.name:lower() == "host" and header.value or host
  end
  return { method = request.method, url = ("https://%s%s"):format(host, url), headers = shown_headers(request.headers, hide), body = (hide(request.body)) }
end

local function shown_answer(answer, described, record, hide)
  local fields, note
  if answer.encoding then
    note = ("%s, %d bytes"):format(hide(answer.encoding), #answer.body)
  else
    fields, note = leaves(answer.body, described, record, hide)
  end
  return { status = answer.status, headers = shown_headers(answer.headers, hide), fields = fields or to_json.list {}, note = note }
end

--- Makes the neutral record, with the mapping that was given.
local function take_mapping(asked, record, result)
  local script, list
  if asked.mapping then
    script, list = scripts.read("mapping", "mapping", asked.mapping)
  end
  local card
  if record and not list then
    card, list = scripts.card(script, asked.provider, asked.operation, record)
  end
  if list then
    result.mistakes[asked.definition and "definition" or "mapping"] = list
  end
  return card
end

--- What each role sees.
local function take_policies(policies, card, result)
  for _, role in ipairs(check.keys(policies)) do
    local script, list = scripts.read(role, "policy", policies[role])
    local made = script
    if script then
      made, list = scripts.make(script)
    end
    if not made then
      result.mistakes.policies[role] = list
    elseif card then
      local view = plain(made(card))
      local text, wrong = to_json(view)
      result.views[role] = text and view
      result.mistakes.policies[role] = not text and to_json.list { { line = 1, message = ("what it shows is no JSON: %s"):format(wrong) } } or nil
    end
  end
end

--- All that follows the call; what is defined is in force meanwhile, and nothing waits.
local function finish(asked, params, outcome)
  local about = core.provider(asked.provider)
  local described = about.operations[asked.operation]
  local hide = hidden(about, described, params)
  local result = {
    views = {}, mistakes = { mapping = to_json.list {}, definition = to_json.list {}, policies = {} }, examples = to_json.list {}, timeline = outcome.timeline,
    request = outcome.request and shown_request(outcome.request, hide), error = outcome.err and failure.plain(outcome.err, "invalid_request"),
    answer = outcome.answer and shown_answer(outcome.answer, described, outcome.record, hide),
    code = code(about, described, params, asked.misbehaviour, asked.definition ~= nil),
  }
  local card = take_mapping(asked, outcome.record, result)
  if card then
    result.record, result.record_secrets = plain(card), secrets_of(card)
  end
  take_policies(asked.policies, card, result)
  for _, held in ipairs { card or false, outcome.record or false } do
    if held then
      cards.close(held)
    end
  end
  return result
end

--- With a definition of the request's own.
local function with_definition(asked, params)
  local script, list = scripts.read("definition", "definition", asked.definition)
  local result
  if script then
    result, list = scripts.with_definition(script, function(module)
      local about = core.provider(module.provider)
      if asked.provider ~= module.provider or not about.operations[asked.operation] then
        return { error = { kind = "invalid_request", message = "the definition has no such provider or operation" } }
      elseif not asked.answer then
        return { error = { kind = "invalid_request", message = "a definition is tried with an answer: one of its examples, or one that is pasted" } }
      end
      local made = finish(asked, params, read(asked))
      made.examples = scripts.examples(script, module)
      return made
    end)
  end
  return result or { mistakes = { mapping = to_json.list {}, definition = list, policies = {} } }
end

--- What is known of an operation; nil where there is no such provider or operation.
local function operation_of(provider, operation)
  local about = core.provider(provider)
  return about and about.operations[operation]
end

--- What is wrong with a request, or nil.
local function wrong_in(asked)
  local answer = asked.answer
  if type(asked.provider) ~= "string" or type(asked.operation) ~= "string" then
    return "provider and operation are strings"
  elseif asked.definition == nil and not operation_of(asked.provider, asked.operation) then
    return "there is no such operation"
  elseif answer ~= nil and not (type(answer) == "table" and type(answer.body) == "string" and type(answer.status) == "number") then
    return "answer is { status, body }"
  end
  if type(asked.misbehaviour) == "string" and asked.misbehaviour:find "[%c\127-\255]" then
    return "misbehaviour is a name of the catalogue"
  end
  for _, name in ipairs { "mapping", "definition", "misbehaviour" } do
    if asked[name] ~= nil and type(asked[name]) ~= "string" then
      return name .. " is a string"
    end
  end
  for _, name in ipairs { "params", "policies" } do
    if asked[name] ~= nil and type(asked[name]) ~= "table" then
      return name .. " is an object"
    end
  end
  for role, text in pairs(asked.policies or {}) do
    if not ROLES[role] or type(text) ~= "string" then
      return "policies are texts of support, cardholder and audit"
    end
  end
end

--- @param asked as the page sends it
-- @return what it shows; or nil and what is wrong with the request
return function(asked)
  local wrong = wrong_in(asked)
  if wrong then
    return nil, wrong
  end
  asked.policies = asked.policies or {}
  asked.misbehaviour = asked.misbehaviour ~= "" and asked.misbehaviour or nil
  local params = asked.params or {}
  if asked.definition then
    return with_definition(asked, params)
  end
  return finish(asked, params, asked.answer and read(asked) or call(asked, params))
end
