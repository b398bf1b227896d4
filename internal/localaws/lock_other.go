//go:build !unix

package localaws

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// lockDir has no portable form: a second run on the same folder is not seen.
func lockDir(dir string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	return f, nil
}
