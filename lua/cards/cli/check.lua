--- cards check FILE…: shows every mistake in mappings, policies, definitions and flows, with its line.

local checks = require "cards.util.check"
local comparisons = require "cards.script.comparisons"
local define = require "cards.define"
local load_script = require "cards.script.load"

local check = {}

function check.add(parser)
  parser:argument("files", "Files, definitions before what needs them."):argname "FILE":args "+"
  parser:epilog "Mappings, policies and definitions are run, confined. A flow is trusted: it is only compiled, and read for comparisons that are never true."
end

--- The failed examples of a definition, as lines.
local function check_examples(script, module)
  local lines = {}
  for _, mistake in ipairs(define.try(module)) do
    lines[#lines + 1] = ("%s:%d: %s"):format(script.path, script.line(mistake.path), mistake.message)
  end
  return lines
end

--- What is said of a flow that may be meant otherwise, as lines.
local function advice_on(path, text)
  local lines = {}
  for i, one in ipairs(comparisons.find(text)) do
    lines[i] = ("%s:%d: advice: %s"):format(path, one.line, one.message)
  end
  return lines
end

--- @return the mistakes, the kind of the file, and advice, which is no mistake
local function check_file(path)
  local text, why = load_script.text(path)
  local script
  if text then
    script, why = load_script.read(path, text)
  end
  if not script then
    return { why }
  end
  local mistakes = load_script.check(script)
  if mistakes[1] or script.kind == "flow" then
    return mistakes, script.kind, script.kind == "flow" and advice_on(path, text)
  end
  local made, err = load_script.make(script)
  if not made then
    return { tostring(err) }
  elseif script.kind == "definition" then
    mistakes = check_examples(script, made)
  end
  return mistakes, script.kind
end

function check.run(options)
  local status = 0
  for _, path in ipairs(options.files) do
    local mistakes, kind, advice = check_file(path)
    for _, line in ipairs(mistakes) do
      io.stderr:write(checks.line(line), "\n")
      status = 1
    end
    for _, line in ipairs(advice or {}) do
      io.stderr:write(checks.line(line), "\n")
    end
    if not mistakes[1] then
      io.stdout:write(checks.line(path), ": ", kind == "flow" and "a flow, compiled and not run" or "a " .. kind .. " without mistakes", "\n")
    end
  end
  return status
end

return check
