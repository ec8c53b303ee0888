--- The parsers of the program's arguments, which argparse makes: one of the program, one of each command, and of what stands behind a command.

local argparse = require "argparse"
local failure = require "cards.cli.program.failure"

local arguments = {}

local WIDTH, MARGIN = 110, 27 -- of help texts, in columns

--- Writes a text and ends the program.
local function finish(text)
  local written, why = io.stdout:write(text, "\n")
  if written then
    written, why = io.stdout:flush()
  end
  if not written then
    failure.show("standard output: " .. why, failure.FAILED)
  end
  os.exit(written and 0 or failure.FAILED)
end

local children = setmetatable({}, { __mode = "k" }) -- lists of { name, parser }, by parser

local function with_help(parser)
  children[parser] = {}
  return parser:add_help { description = "Show this help.", action = function() finish(parser:get_help()) end }
end

--- The parser of the program.
function arguments.program(name, description, version)
  local parser = with_help(argparse(name, description))
  parser:help_max_width(WIDTH):help_description_margin(MARGIN):command_target "command"
  parser:flag("--version", "Show the version."):action(function() finish(version) end)
  return parser
end

--- The parser of a command.
-- @param parent the parser that it stands behind
-- @param name of the command
-- @param summary a sentence for the list of commands, and for its own help where it has no other description
function arguments.command(parent, name, summary)
  local parser = with_help(parent:command(name, summary):summary(summary))
  table.insert(children[parent], { name = name, parser = parser })
  return parser
end

--- The commands behind a parser in their order: a list of { name, parser }.
function arguments.commands(parser)
  return children[parser]
end

--- The words of a command at the beginning of a list, as far as there are such commands: "call alix private_info ".
function arguments.words(parser, list)
  local words = ""
  for _, word in ipairs(list) do
    local found
    for _, command in ipairs(children[parser]) do
      found = found or (command.name == word or command.name:gsub("_", "-") == word) and command.parser
    end
    if not found then
      break
    end
    parser, words = found, words .. word .. " "
  end
  return words
end

--- Parses a list of strings.
-- @return a table of options; or nil and what is wrong
function arguments.parse(parser, list)
  local ok, options = parser:pparse(list)
  if ok then
    return options
  end
  return nil, (options:gsub("\nDid you mean (.-)%?$", " (did you mean %1?)"))
end

return arguments
