--- Looks for dead links in the built site: `lua5.4 docs/site/check.lua FOLDER`. Whatever a page loads has to be a file of the site; of a link to elsewhere
-- only its form is looked at.

local pages = require "pages"

local site = arg[1]
local ids, links, loads, found = {}, {}, {}, 0

local function complain(...)
  found = found + 1
  print(string.format(...))
end

local files = {}
for _, path in ipairs(pages.lines(("cd '%s' && find . -type f"):format(site))) do
  files[path:sub(3)] = true
end

for path in pairs(files) do
  if path:find "%.html$" then
    local html = pages.read(site .. "/" .. path)
    ids[path], links[path], loads[path] = {}, {}, {}
    for id in html:gmatch ' id="([^"]*)"' do
      if ids[path][id] then
        complain("%s: two of id %s", path, id)
      end
      ids[path][id] = true
    end
    for tag, attributes in html:gmatch "<(%a+)%s([^>]*)>" do
      table.insert((tag == "a" and links or loads)[path], attributes:match 'href="([^"]*)"' or attributes:match 'src="([^"]*)"')
    end
  elseif path:find "%.css$" and pages.read(site .. "/" .. path):find "url%(" then
    complain("%s: url()", path)
  end
end

--- The file and the fragment of a link within the site.
local function place(path, link)
  local file, fragment = link:match "^([^#]*)#?(.*)$"
  return file == "" and path or pages.resolve(path:match "^(.*)/" or "", file), fragment
end

for path, list in pairs(links) do
  for _, link in ipairs(list) do
    local file, fragment = place(path, link)
    if link:find "^%a[%w+.-]*:" then
      if not (link .. "/"):find "^https?://[%w.-]+:?%d*[/?#][%w/.?=&;#_%%~+,:()-]*$" and not link:find "^mailto:" then
        complain("%s: %s", path, link)
      end
    elseif not files[file] then
      complain("%s: no %s", path, link)
    elseif fragment ~= "" and not ids[file][fragment] then
      complain("%s: no #%s in %s", path, fragment, file)
    end
  end
end

for path, list in pairs(loads) do
  for _, link in ipairs(list) do
    if link ~= "data:," and not files[(place(path, link))] then
      complain("%s loads %s", path, link)
    end
  end
end

for address in pages.read(site .. "/index.js"):gmatch '","([^"\n]*)","[^"\n]*"%],?\n' do
  local file, fragment = place("", address)
  if not files[file] or fragment ~= "" and not ids[file][fragment] then
    complain("index.js: no %s", address)
  end
end

if found > 0 then
  os.exit(1)
end
