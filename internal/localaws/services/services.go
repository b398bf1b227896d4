// Package services installs the programs that stand in for AWS on a
// developer's machine: at present dynoxide, which answers as DynamoDB does.
//
// What is installed is pinned twice: npm checks the package against the
// integrity hash of package-lock.json, and every use checks the program
// against the hash kept here.
package services

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // the npm files are part of the program
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// ErrPlatform means that no program is pinned for this operating system and
// processor.
var ErrPlatform = errors.New("no local DynamoDB is pinned for this platform")

//go:embed package.json
var packageJSON []byte

//go:embed package-lock.json
var packageLock []byte

//go:embed .npmrc
var npmrc []byte

// installTimeout bounds one `npm ci`.
const installTimeout = 3 * time.Minute

// program is one pinned executable.
type program struct {
	path   string // below the folder of the installation
	sha256 string
}

// dynoxide returns the program for a platform. A further platform is one more
// dependency in package.json and one more case here.
func dynoxide(goos, goarch string) (program, error) {
	switch goos + "/" + goarch {
	case "linux/amd64":
		return program{
			path:   "node_modules/@dynoxide/linux-x64/dynoxide",
			sha256: "be909b7910d3fb552e85db10ef3c8ebae4bd35fee0f26dffdb6dfa5cc656426e",
		}, nil
	default:
		return program{}, fmt.Errorf("%w (%s/%s): run another DynamoDB endpoint, such as AWS's own emulator, "+
			"and set AWS_ENDPOINT_URL_DYNAMODB to its address", ErrPlatform, goos, goarch)
	}
}

// Install returns the path of the dynoxide program and installs it first where
// it is missing. It may run in several processes at once. The installation is
// a folder of the user's cache, named by the hash of the lock file: another
// lock gets another folder, and several clones share one.
func Install(ctx context.Context) (string, error) {
	want, err := dynoxide(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	base, err := cacheDir()
	if err != nil {
		return "", err
	}
	return install(ctx, base, want)
}

func install(ctx context.Context, base string, want program) (string, error) {
	sum := sha256.Sum256(append(bytes.Clone(packageJSON), packageLock...))
	dir := filepath.Join(base, hex.EncodeToString(sum[:8]))
	path := filepath.Join(dir, filepath.FromSlash(want.path))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := installInto(ctx, dir); err != nil {
			return "", fmt.Errorf("install the local AWS services: %w", err)
		}
	}
	if err := checkHash(path, want.sha256); err != nil {
		return "", err
	}
	return path, nil
}

// cacheDir is where installations are kept.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("cache-%d", os.Getuid()))
	}
	dir := filepath.Join(base, "psabridge", "services")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the cache folder: %w", err)
	}
	return dir, nil
}

// installInto installs beside dir and renames: whoever finds dir finds it
// whole, and of several processes the first one's work counts.
func installInto(ctx context.Context, dir string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "installing-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	for name, content := range map[string][]byte{
		"package.json": packageJSON, "package-lock.json": packageLock, ".npmrc": npmrc,
	} {
		if err := os.WriteFile(filepath.Join(tmp, name), content, 0o600); err != nil {
			return err
		}
	}
	if err := npmCI(ctx, tmp); err != nil {
		return err
	}
	err = os.Rename(tmp, dir)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func npmCI(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--no-progress")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("npm ci (Node.js 20 or newer is needed): %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

func checkHash(path, want string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("check an installed program: %w", err)
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("check an installed program: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("the installed program %s has the hash %s and not %s: remove it and start again", path, got, want)
	}
	return nil
}
