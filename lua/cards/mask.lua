return setmetatable({}, {__call=function() end})
