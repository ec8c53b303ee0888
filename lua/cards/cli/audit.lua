--- cards audit verify FILE…: whether the lines of an audit log are those that were written. cards.reveal.chain says what a line is.

local arguments = require "cards.cli.program.arguments"
local chain = require "cards.reveal.chain"
local check = require "cards.util.check"
local core = require "cards.core"
local failure = require "cards.cli.program.failure"
local figures = require "cards.util.figures"
local files = require "cards.cli.files"

local audit = {}

local MOST = 10 -- mistakes of a file that are said

local EPILOG = [[
Each line of an audit log has the hash of the line before it. A line that was changed, dropped, inserted
or moved breaks that chain, and is said with its number. Two things a chain cannot show: that lines were
dropped at the end, which --last finds; and that somebody made all lines anew from some place on, for which
one needs the key of a log that has one. A line without an end may be one that was just being written.

Examples:
   cards audit verify audit.log
   cards audit verify audit.log --key-file audit.key]]

local function a_hash(text)
  if #text ~= #chain.FIRST or text:find "%X" then
    return nil, ("--last must be a hash of %d hexadecimal digits"):format(#chain.FIRST)
  end
  return text:lower()
end

function audit.add(parser)
  parser:command_target "action"
  local verify = arguments.command(parser, "verify", "Whether the lines of audit logs are those that were written.")
  verify:argument("files", "The logs."):argname "FILE":args "+"
  verify:option("--key-file", "The file of the key that the log is written with."):argname "FILE"
  verify:option("--last", "What was the last hash once: the line that has it must be there still. With one FILE."):argname "HASH":convert(a_hash)
  verify:epilog(EPILOG)
end

--- What is wrong with the text of a line, or nil.
local function misshapen(line, number)
  if line:find "%z" then
    return "it has a NUL in it"
  elseif line:find "\r" then
    return "it has a carriage return in it: lines end with LF alone"
  elseif number == 1 and line:find "^\239\187\191" then
    return "it begins with a byte order mark"
  elseif #line > chain.LONGEST then
    return ("it is longer than %d bytes"):format(chain.LONGEST)
  end
end

--- What is wrong with the place of a line, or nil.
-- @param read the line, as chain.read returns it
-- @param last { seq, hash } of the line before; without the hash where that one cannot be read
local function misplaced(read, last)
  local due = last.seq + 1
  if read.seq ~= due then
    local how = read.seq < due and "it was moved here, or inserted" or "lines are missing here, or were moved"
    return ("it is number %d, where %d is due: %s"):format(read.seq, due, how)
  elseif last.hash and read.prev ~= last.hash then
    return "it does not continue the line before it, which is another one than was written"
  end
end

--- A reader of lines.
-- @param say a function of what is wrong with a line, and its number
-- @return a function of a line, its number, and whether it has an end; which returns the hash of the line
local function reader(key, say)
  local last = { seq = 0, hash = chain.FIRST }
  return function(line, number, has_end)
    local read
    local wrong = not has_end and "it has no end" or misshapen(line, number)
    if not wrong then
      read, wrong = chain.read(line, key)
    end
    wrong = wrong or misplaced(read, last)
    last = read or { seq = last.seq + 1 }
    if wrong then
      say(wrong, number)
    end
    return last.hash
  end
end

--- Looks at one log, in memory that does not grow with it, and says on standard error what is wrong.
-- @param wanted a hash that must be there, or nil
-- @return the number of lines and the last hash where nothing is wrong
local function look_at(path, key, wanted)
  local file, why = io.open(path, "rb")
  if not file then
    io.stderr:write(check.line(why), "\n")
    return nil
  end
  local mistakes, number, hash, found = 0, 0, chain.FIRST, wanted == nil or wanted == chain.FIRST
  local next_line = files.lines(files.pieces(file, path), path, chain.LONGEST)
  local read = reader(key, function(wrong, line)
    mistakes = mistakes + 1
    if mistakes <= MOST then
      io.stderr:write(check.line(("%s:%d: %s"):format(path, line, wrong)), "\n")
    end
  end)
  local ok, raised = pcall(function()
    for line, has_end in next_line do
      number = number + 1
      hash = read(line, number, has_end)
      found = found or hash == wanted
    end
  end)
  file:close()
  if not ok and core.interrupted() then
    error(raised, 0)
  elseif not ok then
    io.stderr:write(check.line(raised), "\n")
  elseif mistakes > MOST then
    io.stderr:write(check.line(path), ": ", figures.several(mistakes - MOST, "further mistake"), "\n")
  elseif not found then
    io.stderr:write(check.line(path), ": no line has the hash of --last: lines were dropped at the end, or it is another log\n")
  end
  return ok and found and mistakes == 0 and number or nil, hash
end

function audit.run(options)
  if options.last and options.files[2] then
    return nil, "--last is for one file", failure.USAGE
  end
  local key
  if options.key_file then
    local err
    key, err = core.secret.from_file(options.key_file)
    if not key then
      return nil, err.message
    end
  end
  local status = 0
  for _, path in ipairs(options.files) do
    local number, hash = look_at(path, key, options.last)
    status = number and status or failure.FAILED
    if number then
      io.stdout:write(check.line(path), ": ", figures.several(number, "line"), ", unbroken, last ", hash, "\n")
    end
  end
  return status
end

return audit
