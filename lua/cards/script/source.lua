--- Finds the lines of the keys of the table that a script returns, in the text of the script.
--
-- It finds keys of table constructors: of `return { … }`, of a returned `local t = { … }`, and of the tables in them, including those in calls such as
-- `pan { first = 6 }`. For any other key the line is that of the nearest table around it.

local source = {}

local unpack = table.unpack or unpack -- luacheck: ignore

local ESCAPES = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v" }

local function unescape(text)
  return (text:gsub("\\(%d%d?%d?)", function(digits) return string.char(math.min(tonumber(digits), 255)) end):gsub("\\(.)", ESCAPES))
end

--- The end of a long bracket that begins at `at`, and the places where its content begins and ends; or nil.
local function long_bracket(text, at)
  local equals, content = text:match("^%[(=*)%[()", at)
  if not equals then
    return nil
  end
  local from, to = text:find("]" .. equals .. "]", content, true)
  return to or #text, content, (from or #text + 1) - 1
end

local function quoted_end(text, at)
  local quote, to = text:sub(at, at), at + 1
  while to <= #text do
    local c = text:sub(to, to)
    if c == quote or c == "\n" then
      return to
    end
    to = c == "\\" and text:match("^z%s*()", to + 1) or to + (c == "\\" and 2 or 1)
  end
  return #text
end

--- The token at `at`, where no white space is.
-- @return its kind ("name", "string", "number", "comment", "==", "~=", ".." or the character itself), its value, and the place of its end
local function token(text, at)
  local c = text:sub(at, at)
  if c:find "[%a_]" then
    local name, past = text:match("^([%w_]+)()", at)
    return "name", name, past - 1
  elseif c:find "%d" then
    local number, past = text:match("^([%w.]+)()", at)
    return "number", tonumber(number), past - 1
  elseif c == '"' or c == "'" then
    local to = quoted_end(text, at)
    return "string", unescape(text:sub(at + 1, to - 1)), to
  elseif text:find("^%-%-", at) then
    return "comment", nil, long_bracket(text, at + 2) or (text:find("\n", at, true) or #text + 1) - 1
  end
  local to, from, last = long_bracket(text, at)
  if to then
    return "string", text:sub(from, last), to
  end
  local two = text:sub(at, at + 1)
  if two == "==" or two == "~=" or two == ".." then
    return two, nil, at + 1
  end
  return c, nil, at
end

--- The tokens of a text: a list of { kind, value, line }.
function source.tokens(text)
  local list, at, line = {}, 1, 1
  while true do
    local from = text:find("%S", at)
    if not from then
      return list
    end
    line = line + select(2, text:sub(at, from - 1):gsub("\n", ""))
    local kind, value, to = token(text, from)
    if kind ~= "comment" then
      list[#list + 1] = { kind = kind, value = value, line = line }
    end
    line = line + select(2, text:sub(from, to):gsub("\n", ""))
    at = to + 1
  end
end

local OPENS = { ["("] = 1, ["["] = 1, ["{"] = 1, ["function"] = 1, ["if"] = 1, ["do"] = 1, ["repeat"] = 1,
  [")"] = -1, ["]"] = -1, ["}"] = -1, ["end"] = -1, ["until"] = -1 }

--- The change of the nesting depth after a token.
local function opens(one)
  return OPENS[one.kind == "name" and one.value or one.kind] or 0
end

local DEEPEST = 250 -- tables in tables: Lua itself takes 200

local read_table

--- Reads an expression in a constructor.
-- @param within the number of tables around it
-- @return a node { line, children by key }, and the place after the expression
local function read_value(list, at, within)
  local node = { line = list[at] and list[at].line, children = {} }
  local depth, from = 0, at
  while list[at] do
    local one, outside = list[at], depth == 0
    if outside and (one.kind == "," or one.kind == ";" or one.kind == "}") then
      break
    elseif outside and within < DEEPEST and one.kind == "{" and (at == from or list[at - 1].kind == "name" or list[at - 1].kind == "(") then
      local inner
      inner, at = read_table(list, at, within)
      node.children = next(node.children) and node.children or inner.children
    else
      depth = depth + opens(one)
      at = at + 1
    end
  end
  return node, at
end

--- Reads the constructor whose brace is at `at`. @return a node, and the place after the constructor
function read_table(list, at, within)
  local node, place = { line = list[at].line, children = {} }, 0
  at = at + 1
  while list[at] and list[at].kind ~= "}" do
    local first, key = list[at]
    if first.kind == "name" and list[at + 1] and list[at + 1].kind == "=" then
      key, at = first.value, at + 2
    elseif first.kind == "[" and list[at + 2] and list[at + 2].kind == "]" and list[at + 3] and list[at + 3].kind == "=" then
      key, at = list[at + 1].value, at + 4
    else
      place = place + 1
      key = place
    end
    local child
    child, at = read_value(list, at, within + 1)
    child.line = first.line
    if key ~= nil then
      node.children[key] = child
    end
    while list[at] and (list[at].kind == "," or list[at].kind == ";") do
      at = at + 1
    end
  end
  return node, at + 1
end

--- The place after the last `return` outside all functions, or nil.
local function last_return(list)
  local depth, place = 0, nil
  for i, one in ipairs(list) do
    depth = depth + opens(one)
    if depth == 0 and one.kind == "name" and one.value == "return" then
      place = i + 1
    end
  end
  return place
end

--- The place of the brace where the constructor of the returned table begins, or nil.
local function returned_table(list, at)
  local first = at and list[at]
  if not first or first.kind ~= "name" then
    return first and first.kind == "{" and at or nil
  end
  for i = at - 1, 3, -1 do
    if list[i].kind == "{" and list[i - 1].kind == "=" and list[i - 2].value == first.value and list[i - 2].kind == "name" then
      return i
    end
  end
end

--- Whether all of these names are among the tokens.
local function has_names(list, ...)
  local found = {}
  for _, one in ipairs(list) do
    if one.kind == "name" then
      found[one.value] = true
    end
  end
  for i = 1, select("#", ...) do
    if not found[(select(i, ...))] then
      return false
    end
  end
  return true
end

--- The place of the function that is returned, of the word or of the name that it was assigned to; nil for anything else.
local function returned_function(list, at)
  local first = at and list[at]
  if not first or first.kind ~= "name" then
    return nil
  elseif first.value == "function" then
    return at
  end
  for i = 1, at - 2 do
    if list[i].value == "function" and list[i].kind == "name" then
      local before, behind = list[i - 1], list[i + 1]
      if (behind.kind == "name" and behind.value == first.value) or (i > 2 and before.kind == "=" and list[i - 2].value == first.value) then
        return i
      end
    end
  end
end

--- Whether the tokens are those of a flow, as far as they show it. A flow returns a function, or a name that a function was assigned to. It may also return
-- another expression that is no table, where the text requires modules, which no confined script does.
local function returns_function(list, at)
  local first = at and list[at]
  local place = returned_function(list, at)
  if not first or first.kind ~= "name" or place == at then
    return place ~= nil
  elseif place then
    return list[at + 1] == nil or has_names(list, "require")
  end
  return not returned_table(list, at) and has_names(list, "require", "function")
end

--- The name of the first parameter of the function that the tokens return: of a flow, that of a row. Nil where there is none.
function source.parameter(list)
  local at = returned_function(list, last_return(list))
  local one, two, three = unpack(list, at and at + 1 or 1, at and at + 3 or 0) -- "(row", or "name(row"
  if one and one.kind == "name" then
    one, two = two, three
  end
  return one and one.kind == "(" and two and two.kind == "name" and two.value or nil
end

--- Reads the text of a script.
-- @return a function of a list of keys, { "operations", "show", "metod" }. It returns the line of that key, or of the nearest table around it
-- @return whether the text is that of a flow
function source.read(text)
  local list = source.tokens(text)
  local at = last_return(list)
  local brace = returned_table(list, at)
  local root = brace and read_table(list, brace, 0) or { line = at and list[at] and list[at].line or 1, children = {} }
  local function line(path)
    local node = root
    for _, key in ipairs(path) do
      local child = node.children[key]
      if not child then
        break
      end
      node = child
    end
    return node.line
  end
  return line, returns_function(list, at)
end

return source
