package connectwise

import (
	"io"

	"github.com/klauspost/compress/gzip"
)

// unzip reads what is zipped. Its reader takes less time than net/http's, and is
// used again.
func (c *caller) unzip(zipped io.Reader) *unzipping {
	z, ok := c.unzippers.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	return &unzipping{from: zipped, to: z}
}

// unzipping begins with the first Read, so that a bad beginning is an error
// like any other.
type unzipping struct {
	from  io.Reader
	to    *gzip.Reader
	begun bool
	err   error
}

// Read implements io.Reader.
func (u *unzipping) Read(p []byte) (int, error) {
	if !u.begun {
		u.begun, u.err = true, u.to.Reset(u.from)
	}
	if u.err != nil {
		return 0, u.err
	}
	return u.to.Read(p) //nolint:wrapcheck // io.EOF must stay what it is
}
