// Command testreport reads `go test -json` and prints what a person wants to
// see: a line per package, all that a failing test said, and the figure last.
// It ends non-zero when a test failed or none ran.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

type event struct {
	Action  string `json:"Action"`
	Package string `json:"Package"`
	Test    string `json:"Test"`
	Output  string `json:"Output"`
}

// report counts tests, and keeps what each running one has said.
type report struct {
	out                     io.Writer
	said                    map[string]string
	failing                 map[string]bool // packages with a failed test
	passed, failed, skipped int
	broken                  int // packages that did not build, or fell outside a test
}

func main() {
	r := report{out: os.Stdout, said: map[string]string{}, failing: map[string]bool{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed+r.broken, r.skipped)
	if r.failed+r.broken > 0 || r.passed == 0 {
		os.Exit(1)
	}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(r.out, lines.Text()) // the go command speaks
			continue
		}
		r.take(e)
	}
	return lines.Err()
}

func (r *report) take(e event) {
	id := e.Package + " " + e.Test
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.out, e.Output)
	case e.Action == "output":
		if !strings.HasPrefix(e.Output, "=== ") {
			r.said[id] += e.Output
		}
	case e.Test == "":
		r.takePackage(e, id)
	case e.Action == "pass":
		r.passed++
		delete(r.said, id)
	case e.Action == "skip":
		r.skipped++
		fmt.Fprint(r.out, r.said[id])
		delete(r.said, id)
	case e.Action == "fail":
		r.failed++
		r.failing[e.Package] = true
		fmt.Fprint(r.out, r.said[id])
		delete(r.said, id)
	}
}

// takePackage prints the package's own line, or all it said when it failed:
// a test that never ended has said its last there.
func (r *report) takePackage(e event, id string) {
	switch e.Action {
	case "pass":
		for line := range strings.Lines(r.said[id]) {
			if strings.HasPrefix(line, "ok ") {
				fmt.Fprint(r.out, line)
			}
		}
	case "fail":
		if !r.failing[e.Package] {
			r.broken++
		}
		for open, said := range r.said {
			if strings.HasPrefix(open, e.Package+" ") {
				fmt.Fprint(r.out, said)
				delete(r.said, open)
			}
		}
	}
}
