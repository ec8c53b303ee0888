--- Files: whether one exists, reading one in pieces or lines, and writing one in one step.

local core = require "cards.core"

local files = {}

local PIECE = 65536 -- bytes

--- Whether there is a regular file of that name that can be read.
function files.exists(path)
  return core.read_file(path, 0) ~= nil
end

--- Why no file can be made at a path, as far as that can be told; nil where one can.
function files.no_folder(path)
  local folder = path:match "^(.*/)[^/]*$"
  local file, why = io.open((folder or "./") .. ".", "rb")
  if file then
    file:close()
  end
  return not file and why or nil
end

--- Opens a file to read it from its beginning. @return it and its bytes; or nil and the obstacle
function files.open(path)
  local file, why = io.open(path, "rb")
  if not file then
    return nil, why
  end
  local size = file:seek "end"
  file:seek "set"
  return file, size
end

--- A function that returns the next piece of a file, and nil at its end. It takes how many bytes may be read at once: as many as are there already, so that
-- what is long is not copied for each piece of it. It raises an error that names the file where reading fails.
function files.pieces(file, name)
  return function(many)
    local piece, why = file:read(math.max(PIECE, many or 0))
    if why then
      error(("%s: %s"):format(name, why), 0)
    end
    return piece
  end
end

--- Where a text begins behind its byte order mark, from its first three bytes on. Raises an error that names the file for UTF-16, as some programs export.
function files.begin(text, name)
  if text:find "^\255\254" or text:find "^\254\255" then
    error(("%s: it is UTF-16: save it as UTF-8"):format(name), 0)
  end
  return text:find "^\239\187\191" and 4 or 1
end

--- The lines of a file.
-- @param read a function that returns the next piece, as files.pieces has it
-- @param longest bytes of a line; an error that names the file is raised for a longer one
-- @return a function that returns the next line and whether it has an end; at the end of the file nil and false
-- @return a function that returns how many bytes were read as lines
function files.lines(read, name, longest)
  local text, at, is_end, dropped, number = "", 1, false, 0, 1
  local function next_line()
    while true do
      local line_end = text:find("\n", at, true)
      if line_end then
        local line = text:sub(at, line_end - 1)
        at, number = line_end + 1, number + 1
        return line, true
      elseif is_end then
        local line = text:sub(at)
        at = #text + 1
        return line ~= "" and line or nil, false
      elseif #text - at > longest then
        error(("%s:%d: the line is longer than %d bytes"):format(name, number, longest), 0)
      end
      local piece = read(#text - at + 1)
      is_end = piece == nil
      text, at, dropped = text:sub(at) .. (piece or ""), 1, dropped + at - 1
    end
  end
  return next_line, function() return dropped + at - 1 end
end

--- Writes a file in one step: it is the old one or the whole new one. @return true; or nil and the obstacle
function files.write(path, text)
  local part = path .. ".part"
  local file, why = core.append(part)
  local ok = file
  if file then
    ok, why = file:cut(0)
    if ok then
      ok, why = file:write(text)
    end
    if ok then
      ok, why = file:sync()
    end
    file:close()
  end
  if ok then
    ok, why = core.replace(part, path)
  end
  if not ok then
    return nil, ("%s: %s"):format(path, why)
  end
  return true
end

return files
