package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	longestFile = 450
	longestTest = 700 // cases are long and simple
	longestMain = 40
)

// Files are short, mains are thin, and nothing runs before main.
func TestFiles(t *testing.T) {
	t.Parallel()
	files := goFiles(t, "../..")
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems(name, string(text)) {
			t.Errorf("%s: %s", name, p)
		}
	}
}

// Every function has a main, and the main is in a file of that name.
func TestFunctionsHaveMains(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("../../functions")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join("../../functions", folder.Name(), "main.go")); err != nil {
			t.Errorf("functions/%s: %v", folder.Name(), err)
		}
	}
}

func TestProblemsAreFound(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"internal/a/a.go":        "package a\n\nfunc init() {}\n",
		"internal/a/b.go":        "package a\n" + strings.Repeat("\n", longestFile),
		"internal/a/b_test.go":   "package a\n" + strings.Repeat("\n", longestTest),
		"functions/sync/main.go": "package main\n" + strings.Repeat("\n", longestMain),
		"internal/a/c.go":        "package",
	} {
		if len(problems(name, text)) != 1 {
			t.Errorf("%s: want one problem, got %v", name, problems(name, text))
		}
	}
	if got := problems("functions/sync/main.go", "package main\n\nfunc main() {}\n"); len(got) != 0 {
		t.Errorf("a good file: %v", got)
	}
}

func problems(name, text string) []string {
	var out []string
	lines := strings.Count(text, "\n")
	limit := longestFile
	if strings.HasSuffix(name, "_test.go") {
		limit = longestTest
	}
	if lines > limit {
		out = append(out, fmt.Sprintf("%d lines, more than %d: split it where its subject changes", lines, limit))
	}
	if ours, _ := filepath.Match("functions/*/main.go", strings.TrimPrefix(filepath.ToSlash(name), "../../")); ours && lines > longestMain {
		out = append(out, "a main of more than 40 lines: wiring belongs into internal/app")
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		return append(out, err.Error())
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			out = append(out, "an init function: construct it where it is needed")
		}
	}
	return out
}

func goFiles(t *testing.T, root string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if hidden := strings.HasPrefix(d.Name(), ".") && path != root; d.IsDir() && (hidden || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".go") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
