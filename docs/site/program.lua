--- Writes the page of the program's options, in Markdown, of what --help says: `lua5.4 docs/site/program.lua > FILE`.

local help = require "cards.cli.program.help"
local name = require "name"
local program = require "cards.cli"

--- A text as Markdown that changes nothing of it, but that what stands in backquotes is code.
local function plain(text)
  return ((text .. "``"):gsub("([^`]*)`([^`]*)`", function(words, quoted)
    return words:gsub("[\\*_<>%[%]&#]", "\\%0") .. (quoted ~= "" and "`" .. quoted .. "`" or "")
  end))
end

local function fenced(lines)
  print("\n```sh\n" .. table.concat(lines, "\n") .. "\n```")
end

local function entries(command, block)
  print "\n| | |\n|---|---|"
  for _, entry in ipairs(help.entries(block)) do
    local anchor = entry[1]:match "%-%-[%w-]+"
    anchor = anchor and name.anchor(command:gsub(" ", "-") .. anchor, "option", anchor) or ""
    local label, text = entry[1]:gsub("|", "\\|"), plain(table.concat(entry, " ", 2)):gsub("|", "\\|")
    print(("| %s`%s` | %s |"):format(anchor, label, text))
  end
end

local function usage(block)
  local lines = { (block[1]:gsub("^Usage: ", "")) }
  table.move(block, 2, #block, 2, lines)
  fenced(lines)
end

local function trimmed(block)
  local lines = {}
  for i = 2, #block do
    table.insert(lines, (block[i]:gsub("^   ", "")))
  end
  return lines
end

--- A block of a help text behind its usage.
local function show(command, block)
  local title = help.title(block)
  if title == "Examples" then
    fenced(trimmed(block))
  elseif title then
    print(("\n**%s**"):format(title))
    entries(command, block)
  else
    print("\n" .. plain(table.concat(block, "\n")))
  end
end

local function section(command, blocks)
  usage(blocks[1])
  for i = 2, #blocks do
    show(command, blocks[i])
  end
end

local parser = program.parser {}
print "# The program `cards`\n\nThis is what `cards --help` and `cards COMMAND --help` say. [The guide](../guide/program.md) says how to use it."
section("cards", help.blocks(parser:get_help()))
for _, command in ipairs(help.commands(parser, "cards")) do
  print(("\n## `%s`"):format(command.name))
  section(command.name, command.blocks)
end
