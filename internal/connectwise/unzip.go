package connectwise

import (
	"bytes"

	"github.com/klauspost/compress/gzip"
)

// unzip decompresses a body. Readers are used again.
func (c *caller) unzip(rq call, zipped []byte) ([]byte, error) {
	z, ok := c.unzippers.Get().(*gzip.Reader)
	if !ok {
		z = new(gzip.Reader)
	}
	defer c.unzippers.Put(z)
	if err := z.Reset(bytes.NewReader(zipped)); err != nil {
		return nil, bodyError(rq.op(), err)
	}
	return readBody(z, rq, rq.sizeHint)
}
