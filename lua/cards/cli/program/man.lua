--- The manual page cards(1), made of what --help says. `make install` installs it.

local cards = require "cards"
local help = require "cards.cli.program.help"
local program = require "cards.cli"

local man = {}

local ESCAPES = { ["\\"] = "\\e", ["-"] = "\\-", ["`"] = "\\(ga", ["~"] = "\\(ti" }

--- A text in which nothing is a request or an escape.
local function escape(text)
  local escaped = text:gsub("[\\%-`~]", ESCAPES)
  return escaped:find "^[.']" and "\\&" .. escaped or escaped
end

local function add_lines(page, lines)
  for _, line in ipairs(lines) do
    table.insert(page, escape(line))
  end
end

local function add_entries(page, block)
  for _, entry in ipairs(help.entries(block)) do
    table.insert(page, ".TP\n\\fB" .. escape(entry[1]) .. "\\fR")
    for i = 2, #entry do
      table.insert(page, escape(entry[i]))
    end
  end
end

--- Adds a block. One with the exit statuses becomes a section, which is left for the end of the page.
local function add_block(page, block)
  local title = help.title(block)
  if title == "Exit status" then
    page.last = block
  elseif title == "Examples" then
    table.insert(page, ".PP\n" .. title .. ":\n.PP\n.nf")
    for i = 2, #block do
      table.insert(page, escape(block[i]))
    end
    table.insert(page, ".fi")
  elseif title then
    table.insert(page, ".PP\n" .. title .. ":")
    add_entries(page, block)
  else
    table.insert(page, ".PP")
    add_lines(page, block)
  end
end

local function add_usage(page, block)
  table.insert(page, ".nf")
  for i, line in ipairs(block) do
    table.insert(page, escape(i == 1 and line:gsub("^Usage: ", "") or line))
  end
  table.insert(page, ".fi")
end

--- Adds a section for each command.
local function add_commands(page, parser)
  for _, command in ipairs(help.commands(parser, "cards")) do
    table.insert(page, ".SS " .. escape(command.name))
    add_usage(page, command.blocks[1])
    for i = 2, #command.blocks do
      add_block(page, command.blocks[i])
    end
  end
end

--- @return the page, a string
function man.page()
  local parser = program.parser {}
  local blocks = help.blocks(parser:get_help())
  local page = {
    ('.TH CARDS 1 "" "cards %s" "User Commands"\n.nh\n.ad l'):format(cards._VERSION),
    ".SH NAME\ncards \\- call card providers, and check and run the scripts around them\n.SH SYNOPSIS",
  }
  add_usage(page, blocks[1])
  table.insert(page, ".SH DESCRIPTION")
  add_lines(page, blocks[2])
  for i = 3, #blocks do
    add_block(page, blocks[i])
  end
  table.insert(page, ".SH COMMANDS")
  add_commands(page, parser)
  table.insert(page, ".SH EXIT STATUS")
  add_entries(page, page.last)
  return table.concat(page, "\n") .. "\n"
end

return man
