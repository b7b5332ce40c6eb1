/**
 * The first Python code of a board: gives it its file systems, of which it sees `/flash` and `/sd` only.
 *
 * @module
 */

/**
 * Modules of the board live below `/rom`, in a file system that is mounted at the root and lists nothing, so that `/`
 * shows the real directories alone.
 */
export const START: string = `
def _start():
    import os, sys, io, _board

    class Root:
        def mount(self, readonly, mkfs):
            pass

        def umount(self):
            pass

        def _path(self, path):
            return path if path[:1] == '/' else '/' + path

        def stat(self, path):
            path = self._path(path)
            kind = _board.rom_kind(path)
            if kind == 0:
                raise OSError(2)
            return (0x4000 if kind == 1 else 0x8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)

        def open(self, path, mode):
            path = self._path(path)
            if _board.rom_kind(path) != 2:
                raise OSError(30 if 'w' in mode or 'a' in mode else 2)
            if 'w' in mode or 'a' in mode or '+' in mode:
                raise OSError(30)
            text = _board.rom_text(path)
            return io.BytesIO(text.encode()) if 'b' in mode else io.StringIO(text)

        def ilistdir(self, path):
            if self._path(path) != '/' :
                raise OSError(2)
            return iter(())

        def chdir(self, path):
            if self._path(path) != '/':
                raise OSError(2)

        def getcwd(self):
            return '/'

        def statvfs(self, path):
            return os.statvfs('/flash')

        def _refuse(self, *args):
            raise OSError(30)

        mkdir = rmdir = remove = rename = _refuse

    os.umount('/')
    os.mount(Root(), '/')
    for place in _board.mounts().split():
        os.mount(os.VfsPosix(place), place)
    os.chdir('/flash')
    sys.path[:] = ['', '.frozen', '/flash', '/flash/lib', '/rom']
    import _boot
_start()
del _start
`;
