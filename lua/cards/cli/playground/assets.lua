--- The files of the page, and of CodeMirror where Debian has it.

local core = require "cards.core"

local assets = {}

local HERE = debug.getinfo(1, "S").source:match "^@(.*)/[^/]*$"
local CODEMIRROR = "/usr/share/javascript/codemirror"
local LARGEST = 4194304 -- bytes

local KINDS = { html = "text/html; charset=utf-8", css = "text/css; charset=utf-8", js = "text/javascript; charset=utf-8", svg = "image/svg+xml" }

--- A file, by its path in the address.
-- @return its Content-Type and its content; nil where there is none
function assets.find(path)
  path = path == "" and "page.html" or path:match "^assets/(.*)$" or path
  local of_codemirror = path:match "^codemirror/(.*)$"
  local kind = KINDS[path:match "%.(%l+)$"]
  if not kind or path:find("..", 1, true) or not path:find "^[%w_./-]+$" or not of_codemirror and path:find("/", 1, true) then
    return nil
  end
  local content = core.read_file(of_codemirror and ("%s/%s"):format(CODEMIRROR, of_codemirror) or ("%s/page/%s"):format(HERE, path), LARGEST)
  return content and kind, content
end

return assets
