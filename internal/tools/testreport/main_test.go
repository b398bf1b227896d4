package main

import (
	"bytes"
	"strings"
	"testing"
)

const run = `{"Action":"build-output","Output":"x.go:1: does not build\n"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"quiet\n"}
{"Action":"pass","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a"}
{"Action":"output","Package":"b","Test":"TestBad","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"b","Test":"TestBad"}
{"Action":"fail","Package":"b"}
{"Action":"output","Package":"c","Output":"panic: at start\n"}
{"Action":"fail","Package":"c"}
go: a word from the go command
`

func TestReport(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	r := report{out: &out, said: map[string]string{}, failing: map[string]bool{}}
	if err := r.read(strings.NewReader(run)); err != nil {
		t.Fatal(err)
	}
	if r.passed != 1 || r.failed != 1 || r.broken != 1 {
		t.Errorf("%d passed, %d failed, %d broken; want one each", r.passed, r.failed, r.broken)
	}
	for _, want := range []string{"does not build", "ok  \ta", "got 1, want 2", "panic: at start", "a word"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("not printed: %s", want)
		}
	}
	if strings.Contains(out.String(), "quiet") {
		t.Error("a passing test was heard")
	}
}
