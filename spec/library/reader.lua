--- Reads the annotations in library: what each class, field, function and name of a type is declared to be.

local reader = {}

local FILES = "find library -name '*.lua' | sort"

--- Cuts a type off a text: it ends at the first space outside of quotes and brackets. @return it, and what follows
local function cut_type(text)
  local depth, quoted = 0, false
  for at = 1, #text do
    local char = text:sub(at, at)
    if char == '"' then
      quoted = not quoted
    elseif not quoted and char:find "[({<%[]" then
      depth = depth + 1
    elseif not quoted and char:find "[)}>%]]" then
      depth = depth - 1
    elseif not quoted and depth == 0 and char == " " then
      return text:sub(1, at - 1), text:sub(at + 1)
    end
  end
  return text, ""
end

--- Of "name? type text".
local function named(text)
  local name, rest = text:match "^(%S+) (.*)$"
  local kind, said = cut_type(rest or "")
  return (name or text):gsub("%?$", ""), { type = kind, text = said, optional = (name or ""):find "%?$" ~= nil }
end

local tags = {}

function tags.class(state, text)
  local name, parents = text:match "^([%w_.]+):? ?(.*)$"
  state.class = { name = name, text = table.concat(state.said, " "), parents = {}, fields = {}, functions = {}, overloads = {}, file = state.file }
  for parent in parents:gmatch "[%w_.]+" do
    table.insert(state.class.parents, parent)
  end
  assert(not state.into.classes[name], name .. " is declared twice")
  state.into.classes[name] = state.class
end

function tags.field(state, text)
  local name, field = named(text)
  assert(not state.class.fields[name], ("%s of %s is declared twice"):format(name, state.class.name))
  state.class.fields[name] = field
end

function tags.overload(state, text)
  table.insert(state.class.overloads, text)
end

function tags.alias(state, text)
  local name, kind = text:match "^(%S+) (.*)$"
  state.into.aliases[name] = { type = kind, text = table.concat(state.said, " ") }
end

function tags.param(state, text)
  local name, param = named(text)
  param.name = name
  table.insert(state.params, param)
end

tags["return"] = function(state, text)
  local kind, rest = cut_type(text)
  local name, said = rest:match "^(%S+) ?(.*)$"
  table.insert(state.returns, { type = kind, name = name, text = said or "" })
end

function tags.type(state, text)
  state.type = text
end

function tags.operator() end
function tags.meta() end

local function begin(state)
  state.said, state.params, state.returns, state.type, state.class = {}, {}, {}, nil, nil
end

--- A function's declaration: "function Secret:mask(ends) end".
local function add_function(state, owner, name, arguments)
  local made = { text = table.concat(state.said, " "), params = state.params, returns = state.returns, arguments = {} }
  for argument in arguments:gmatch "[%w_.]+" do
    table.insert(made.arguments, argument)
  end
  local of = owner and assert(state.locals[owner], owner .. " is no local of a class").functions or state.into.globals
  of[name] = made
end

local function read_code(state, line)
  local class = line:match "^local ([%w_]+) = {}$"
  local owner, name, arguments = line:match "^function ([%w_]+)[.:]([%w_]+)%((.*)%) end$"
  local global, list = line:match "^function ([%w_]+)%((.*)%) end$"
  if class then
    state.locals[class] = state.class
  elseif owner or global then
    add_function(state, owner, name or global, arguments or list)
  elseif line:find "^[%w_]+ = nil$" then
    state.into.globals[line:match "^[%w_]+"] = { text = table.concat(state.said, " "), type = state.type, params = {}, returns = {}, arguments = {} }
  else
    assert(line == "" or line:find "^return [%w_]+$" or line:find "^%-%-[^-]?", ("%s: what is '%s'?"):format(state.file, line))
  end
  begin(state)
end

local function read_file(into, path)
  local state = { into = into, file = path, locals = {} }
  begin(state)
  for line in io.lines(path) do
    local tag, text = line:match "^%-%-%-@(%l+) ?(.*)$"
    if tag then
      assert(tags[tag], ("%s: what is @%s?"):format(path, tag))(state, text)
    elseif line:find "^%-%-%- " then
      table.insert(state.said, (line:sub(5)))
    else
      read_code(state, line)
    end
  end
end

--- All that is declared: { classes, aliases, globals }, each by name.
function reader.read()
  local into = { classes = {}, aliases = {}, globals = {} }
  local pipe = assert(io.popen(FILES))
  for path in pipe:lines() do
    read_file(into, path)
  end
  pipe:close()
  return into
end

--- Whether a class is another one, or comes of it.
function reader.is(declared, name, other)
  local class = declared.classes[name]
  for _, parent in ipairs(class and class.parents or {}) do
    if reader.is(declared, parent, other) then
      return true
    end
  end
  return name == other
end

--- The fields of a class with those that it inherits; what stands in brackets is none.
function reader.fields(declared, name)
  local all = {}
  local class = assert(declared.classes[name], name)
  for _, parent in ipairs(class.parents) do
    for field, about in pairs(reader.fields(declared, parent)) do
      all[field] = about
    end
  end
  for field, about in pairs(class.fields) do
    if not field:find "^%[" then
      all[field] = about
    end
  end
  return all
end

--- The words that a type allows, '"a"|"b"', as keys.
function reader.words(kind)
  local words = {}
  for word in kind:gmatch '"([^"]*)"' do
    words[word] = true
  end
  return words
end

return reader
