--- The manual page cards(1), made of what --help says. `make install` installs it.

local arguments = require "cards.cli.program.arguments"
local cards = require "cards"
local program = require "cards.cli"

local man = {}

local ESCAPES = { ["\\"] = "\\e", ["-"] = "\\-", ["`"] = "\\(ga", ["~"] = "\\(ti" }

--- A text in which nothing is a request or an escape.
local function escape(text)
  local escaped = text:gsub("[\\%-`~]", ESCAPES)
  return escaped:find "^[.']" and "\\&" .. escaped or escaped
end

--- The blocks of a help text, which empty lines separate: lists of lines.
local function blocks_of(text)
  local blocks, block = {}, nil
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    if line == "" then
      block = nil
    else
      if not block then
        block = {}
        table.insert(blocks, block)
      end
      table.insert(block, line)
    end
  end
  return blocks
end

--- The entries of a block: lists of a label and lines of text behind it. What is wrapped stands farther right than a label.
local function entries_of(block)
  local entries = {}
  for i = 2, #block do
    local label, text = block[i]:match "^   (%S.-)   *(%S.*)$"
    label = label or block[i]:match "^   (%S.*)$"
    local entry = entries[#entries]
    if label then
      table.insert(entries, { label, text })
    elseif entry then
      table.insert(entry, block[i]:match "^ *(.*)$")
    end
  end
  return entries
end

local function add_lines(page, lines)
  for _, line in ipairs(lines) do
    table.insert(page, escape(line))
  end
end

local function add_entries(page, block)
  for _, entry in ipairs(entries_of(block)) do
    table.insert(page, ".TP\n\\fB" .. escape(entry[1]) .. "\\fR")
    for i = 2, #entry do
      table.insert(page, escape(entry[i]))
    end
  end
end

--- Adds a block. One with the exit statuses becomes a section, which is left for the end of the page.
local function add_block(page, block)
  local title = block[1]:match "^(%u[%w ]*):$"
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

--- Adds a section for each command behind a parser that has none behind itself.
local function add_commands(page, parser, name)
  for _, command in ipairs(arguments.commands(parser)) do
    local full = name .. " " .. command.name
    if arguments.commands(command.parser)[1] then
      add_commands(page, command.parser, full)
    else
      local blocks = blocks_of(command.parser:get_help())
      table.insert(page, ".SS " .. escape(full))
      add_usage(page, blocks[1])
      for i = 2, #blocks do
        add_block(page, blocks[i])
      end
    end
  end
end

--- @return the page, a string
function man.page()
  local parser = program.parser {}
  local blocks = blocks_of(parser:get_help())
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
  add_commands(page, parser, "cards")
  table.insert(page, ".SH EXIT STATUS")
  add_entries(page, page.last)
  return table.concat(page, "\n") .. "\n"
end

return man
