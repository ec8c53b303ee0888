-- Takes the foreign functions of LuaJIT.
-- Stopped: 'ffi' is not available to a confined script
return { a = ffi.C.getenv('PATH') }
