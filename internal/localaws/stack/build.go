package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoRoot means that the working directory is not in the repository.
var ErrNoRoot = errors.New("there is no template.yaml here or above")

// root finds the repository's folder.
func root(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "template.yaml")); err == nil {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", ErrNoRoot
		}
		dir = above
	}
}

// BuildDir is where the functions built for this machine are. What is deployed
// lies elsewhere: it has the same processor as some machines, and another
// system.
func BuildDir(root string) string { return filepath.Join(root, ".build", "local") }

// Build builds the functions for this machine, with the flags of the Makefile.
func Build(ctx context.Context) error {
	dir, err := root("")
	if err != nil {
		return err
	}
	mains, err := filepath.Glob(filepath.Join(dir, "functions", "*", "main.go"))
	if err != nil {
		return fmt.Errorf("list the functions: %w", err)
	}
	for _, main := range mains {
		if err := build(ctx, dir, filepath.Base(filepath.Dir(main))); err != nil {
			return err
		}
	}
	return nil
}

// build leaves the binary in place at once, since a test elsewhere may be
// running it.
func build(ctx context.Context, dir, name string) error {
	target := filepath.Join(BuildDir(dir), name, "bootstrap")
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid())
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags", "-s -w -buildid=", "-o", fresh, "./functions/"+name)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, out)
	}
	if err := os.Rename(fresh, target); err != nil {
		return fmt.Errorf("build %s: %w", name, err)
	}
	return nil
}
