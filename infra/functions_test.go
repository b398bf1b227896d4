package infra_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func functionsOdd(s stack) []string {
	var out, names []string
	for _, fn := range s.functions() {
		p, name := s.properties(fn), strings.ToLower(fn)
		names = append(names, name)
		if got := p.list("Architectures"); len(got) != 1 || got[0] != "arm64" {
			out = append(out, fn+" is not built for arm64")
		}
		if p.at("Runtime") != "provided.al2023" || p.at("Handler") != "bootstrap" {
			out = append(out, fn+" does not run a bootstrap on provided.al2023")
		}
		if want := ".build/arm64/" + name + "/"; p.at("CodeUri") != want {
			out = append(out, fmt.Sprintf("%s: its code is not in %s", fn, want))
		}
		if s.main.at("Resources", fn, "Metadata", "SkipBuild") != true {
			out = append(out, fn+": sam build would build it once more")
		}
	}
	folders, _ := filepath.Glob("../functions/*")
	for _, folder := range folders {
		if !slices.Contains(names, filepath.Base(folder)) {
			out = append(out, folder+" is no resource")
		}
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join("../functions", name, "main.go")); err != nil {
			out = append(out, "functions/"+name+" has no main.go")
		}
	}
	return out
}

func httpTooSlow(s stack) []string {
	var out []string
	for _, e := range s.events() {
		limit := 29 // API Gateway answers 503 after 30 s
		if strings.HasPrefix(e.properties.text("Path"), "/callbacks/") {
			limit = 5 // ConnectWise waits no longer
		}
		if e.typ == "HttpApi" && s.properties(e.function).number("Timeout") > limit {
			out = append(out, fmt.Sprintf("%s may take longer than %d s", e.function, limit))
		}
	}
	return out
}

// variablesOff compares a function's variables with those that its package of
// internal/app says it needs. The source is read, not linked: the invariants
// stay quick, and can speak while the code does not compile.
func variablesOff(s stack) []string {
	var out []string
	for _, fn := range s.functions() {
		needs := append(needsOf(strings.ToLower(fn)), "STAGE", "LOG_LEVEL", "TABLE_NAME")
		set := s.properties(fn).object("Environment", "Variables")
		for name := range set {
			if !slices.Contains(needs, name) {
				out = append(out, fmt.Sprintf("%s: its code does not read %s", fn, name))
			}
		}
		for _, name := range needs {
			if set[name] == nil {
				out = append(out, fmt.Sprintf("%s: its code reads %s", fn, name))
			}
		}
	}
	return out
}

// needsOf collects what the function Needs of internal/app/<name> lists.
func needsOf(name string) []string {
	var names []string
	files, _ := filepath.Glob(filepath.Join("../internal/app", name, "*.go"))
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			continue // the compiler says it better
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Name.Name == "Needs" {
				names = append(names, literals(f)...)
			}
		}
	}
	return names
}

func literals(node ast.Node) []string {
	var out []string
	ast.Inspect(node, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if v, err := strconv.Unquote(lit.Value); err == nil {
				out = append(out, v)
			}
		}
		return true
	})
	return out
}

func overlaySet(s stack) []string {
	var out []string
	for _, fn := range s.functions() {
		for name := range s.properties(fn).object("Environment", "Variables") {
			if strings.HasPrefix(name, "AWS_") || name == "PSABRIDGE_ALLOW_LOOPBACK" {
				out = append(out, fmt.Sprintf("%s sets %s", fn, name))
			}
		}
	}
	return out
}

func rolesLoose(s stack) []string {
	var out []string
	owner := map[string]string{}
	for _, fn := range s.functions() {
		role := s.roleOf(fn)
		if !slices.Contains(s.resources("AWS::IAM::Role"), role) {
			out = append(out, fn+": SAM would make its role, with rights to every queue")
		}
		if other := owner[role]; other != "" {
			out = append(out, fn+" shares a role with "+other)
		}
		owner[role] = fn
	}
	for _, role := range s.resources("AWS::IAM::Role") {
		if s.properties(role).at("ManagedPolicyArns") != nil {
			out = append(out, role+" has a managed policy")
		}
		for _, st := range s.statements(role) {
			out = append(out, looseStatement(role, st)...)
		}
	}
	for _, id := range s.resources("AWS::IAM::Policy") {
		for _, st := range s.properties(id).list("PolicyDocument", "Statement") {
			statement, _ := st.(object)
			for _, action := range statement.list("Action") {
				if a, _ := action.(string); !strings.HasPrefix(a, "xray:Put") {
					out = append(out, fmt.Sprintf("%s: %v belongs into a role", id, action))
				}
			}
		}
	}
	return out
}

func looseStatement(role string, st object) []string {
	var out []string
	for _, action := range st.list("Action") {
		if a, ok := action.(string); !ok || strings.Contains(a, "*") {
			out = append(out, fmt.Sprintf("%s: action %v", role, action))
		}
	}
	secrets := regexp.MustCompile(`:secretsmanager:.*:secret:psabridge/\$\{Stage\}/\$\{InstallationId\}/\*$`)
	for _, resource := range st.list("Resource") {
		o, _ := resource.(object)
		if refersTo(resource) == "" && !secrets.MatchString(o.text("Fn::Sub")) {
			out = append(out, fmt.Sprintf("%s: resource %v", role, resource))
		}
	}
	return out
}

// rolesTooWide holds what a role must never hold, with the reason.
func rolesTooWide(s stack) []string {
	forbidden := []struct{ role, pattern, reason string }{
		{"*", `^dynamodb:(Scan|PartiQL|Execute|.*Table|.*Backup)`, "nothing scans, nothing manages tables"},
		{"*", `^(iam|sts|lambda|kms|s3|logs:CreateLogGroup)`, "no function needs it"},
		{"*", `^secretsmanager:(PutSecretValue|UpdateSecret|ListSecrets)`, "secrets are immutable and known by name"},
		{"Webhook", `^(secretsmanager|events):`, "the open door holds no keys"},
		{"Webhook", `^dynamodb:(Put|Update|Delete|BatchWrite)`, "the open door changes nothing"},
		{"Usage", `^secretsmanager:(Create|Delete)`, "it only reads keys"},
		{"Wizard", `^dynamodb:BatchWriteItem`, "a write without a condition can overwrite a newer one"},
		{"Usage", `^dynamodb:BatchWriteItem`, "a write without a condition can overwrite a newer one"},
	}
	var out []string
	for _, fn := range s.functions() {
		for _, st := range s.statements(s.roleOf(fn)) {
			for _, f := range forbidden {
				for _, action := range st.list("Action") {
					a, _ := action.(string)
					if (f.role == "*" || f.role == fn) && regexp.MustCompile(f.pattern).MatchString(a) {
						out = append(out, fmt.Sprintf("%s may %s: %s", fn, a, f.reason))
					}
				}
			}
		}
	}
	return out
}
