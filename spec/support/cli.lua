--- The program `cards`, run by the interpreter of the spec against the sandbox.

local program = require "support.program"
local sandbox = require "support.sandbox"

local cli = {}

--- A new empty folder. @return its path, a function that writes a file in it and returns its path, one that reads a file in it, one that removes it
function cli.folder()
  local path = os.tmpname()
  os.remove(path)
  os.execute("mkdir " .. path)
  local function write(name, text)
    local file = assert(io.open(path .. "/" .. name, "wb"))
    file:write(text)
    file:close()
    return path .. "/" .. name
  end
  local function read(name)
    local file = io.open(path .. "/" .. name, "rb")
    local text = file and file:read "*a"
    if file then
      file:close()
    end
    return text
  end
  return path, write, read, function() os.execute("rm -rf " .. path) end
end

--- Variables for calls of Alix in the sandbox, with others that take their places; false takes one away.
function cli.variables(more)
  local variables = {
    CARDS_ALIX_BASE_URL = sandbox.url "HTTPS_URL" .. "/alix", CARDS_ALIX_ACCESS_TOKEN = sandbox.credentials("alix").access_token,
    CARDS_CA_FILE = sandbox.url "CA_FILE",
  }
  for name, value in pairs(more or {}) do
    variables[name] = value or nil
  end
  return variables
end

--- The program and its variables as the beginning of a shell's command.
-- @param more variables, as cli.variables takes them
function cli.command(more)
  local words = { "env --default-signal=PIPE" } -- which luasocket has ignored, in the process of other specs
  for name, value in pairs(more or {}) do
    if not value then
      words[#words + 1] = "-u " .. name
    end
  end
  for name, value in pairs(cli.variables(more)) do
    words[#words + 1] = name .. "=" .. program.quote(value)
  end
  words[#words + 1] = os.getenv "LUA_BIN" .. " lua/cards/cli/cards"
  return table.concat(words, " ")
end

--- Runs the program in bash.
-- @param rest of a line: its arguments, and what else the shell is to do
-- @param more variables
-- @return what was written, the exit status
function cli.shell(rest, more)
  return program.shell("bash --norc -c " .. program.quote(cli.command(more) .. " " .. rest))
end

--- Runs it to its end.
-- @param arguments list of strings
-- @param options { env = variables, input = text for its standard input, only = "stdout" or "stderr" (both) }
-- @return what it wrote, its exit status
function cli.run(arguments, options)
  options = options or {}
  local words = { cli.command(options.env) }
  for _, argument in ipairs(arguments) do
    words[#words + 1] = program.quote(argument)
  end
  words[#words + 1] = options.only == "stdout" and "2>/dev/null" or options.only == "stderr" and "2>&1 >/dev/null" or ""
  local input = options.input and program.file(options.input) or "/dev/null"
  words[#words + 1] = "<" .. input
  local output, status = program.shell(table.concat(words, " "))
  if options.input then
    os.remove(input)
  end
  return output, status
end

--- Starts it and leaves it running.
-- @param more variables, or nil
-- @return as program.start
function cli.start(arguments, more)
  local list = {}
  for i, argument in ipairs(arguments) do
    list[i] = ("%q"):format(argument)
  end
  return program.start(("os.exit(require 'cards.cli' { %s }, true)"):format(table.concat(list, ", ")), cli.variables(more))
end

--- Runs the program, which has to end with this status and to write this. @return what it wrote
local function ends(status_expected, expected, arguments, options)
  local output, status = cli.run(arguments, options)
  assert(status == status_expected, ("it ended with %s: %s"):format(status, output))
  assert(output:find(expected, 1, true), output)
  return output
end

--- Runs the program, which has to do what it is asked to and to write this.
-- @param expected a text
-- @param arguments, options as of cli.run
-- @return what it wrote
function cli.runs(expected, arguments, options) return ends(0, expected, arguments, options) end

--- Runs the program, which has to fail with this status and to say why. @return what it wrote
function cli.fails(status, expected, arguments, options)
  local output = ends(status, expected, arguments, options)
  assert(not output:find("traceback", 1, true), output)
  return output
end

return cli
