//! What can be done, one file each, always in the same order: what it does, its request, its outcome, its errors, the
//! function, its tests. Command line, server and history call the same function.
