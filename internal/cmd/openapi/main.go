// Command openapi writes the API's OpenAPI document where it is kept in the
// repository, or to the file named; "-" is standard output.
package main

import (
	"fmt"
	"os"

	"github.com/psabridge/psabridge/internal/httpapi"
)

// golden is seen from the repository's root.
const golden = "internal/httpapi/openapi.json"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	doc, err := httpapi.Document()
	if err != nil {
		return err
	}
	name := golden
	if len(args) > 0 {
		name = args[0]
	}
	if name == "-" {
		_, err = os.Stdout.Write(doc)
		return err
	}
	return os.WriteFile(name, doc, 0o644) //nolint:gosec // a source file, read by everybody
}
