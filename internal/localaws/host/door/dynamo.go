package door

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/psabridge/psabridge/internal/localaws/host/iam"
)

// dynamoInput is the part of DynamoDB's inputs that names tables.
type dynamoInput struct {
	TableName, IndexName string
	RequestItems         map[string]json.RawMessage
	TransactItems        []map[string]struct{ TableName string }
	Statement            string
	Statements           []struct{ Statement string }
	TransactStatements   []struct{ Statement string }
	ResourceARN          string `json:"ResourceArn"`
}

// dynamoRequests: transactions need the actions of their items, batches are
// actions of their own, a query of an index needs the index.
func (c Config) dynamoRequests(name string, body []byte) ([]iam.Request, error) {
	var in dynamoInput
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	switch name {
	case "BatchGetItem", "BatchWriteItem":
		var out []iam.Request
		for table := range in.RequestItems {
			out = append(out, c.onTable(name, table))
		}
		return out, nil
	case "TransactWriteItems", "TransactGetItems":
		return c.transaction(in)
	case "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction":
		return c.partiQL(in)
	case "ListTables":
		return []iam.Request{{Action: "dynamodb:ListTables", Resource: "*"}}, nil
	}
	if in.TableName == "" && in.ResourceARN != "" {
		in.TableName = in.ResourceARN
	}
	request := c.onTable(name, in.TableName)
	if in.IndexName != "" {
		request.Resource += "/index/" + in.IndexName
	}
	return []iam.Request{request}, nil
}

func (c Config) onTable(operation, table string) iam.Request {
	if !strings.HasPrefix(table, "arn:") {
		table = c.arn("dynamodb", "table/"+table)
	}
	return iam.Request{Action: "dynamodb:" + operation, Resource: table}
}

func (c Config) transaction(in dynamoInput) ([]iam.Request, error) {
	var out []iam.Request
	for _, item := range in.TransactItems {
		for kind, body := range item {
			action, ok := map[string]string{
				"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem",
				"ConditionCheck": "ConditionCheckItem", "Get": "GetItem",
			}[kind]
			if !ok {
				return nil, fmt.Errorf("a transaction has no item %q", kind)
			}
			out = append(out, c.onTable(action, body.TableName))
		}
	}
	return out, nil
}

func (c Config) partiQL(in dynamoInput) ([]iam.Request, error) {
	statements := []string{}
	if in.Statement != "" {
		statements = append(statements, in.Statement)
	}
	for _, s := range append(in.Statements, in.TransactStatements...) {
		statements = append(statements, s.Statement)
	}
	out := make([]iam.Request, 0, len(statements))
	for _, s := range statements {
		request, err := c.statement(s)
		if err != nil {
			return nil, err
		}
		out = append(out, request)
	}
	return out, nil
}

// statement finds verb, table and index of a PartiQL statement.
func (c Config) statement(s string) (iam.Request, error) {
	m := regexp.MustCompile(`(?is)^\s*(?:(insert)\s+into|(update)|(delete)\s+from|(select)\s.*?\sfrom)\s+"?([\w.-]+?)"?(?:\."?([\w.-]+)"?)?(?:\s|$)`).
		FindStringSubmatch(s)
	if m == nil {
		return iam.Request{}, errors.New("the PartiQL statement was not understood")
	}
	verb := strings.ToLower(m[1] + m[2] + m[3] + m[4])
	request := c.onTable("PartiQL"+strings.ToUpper(verb[:1])+verb[1:], m[5])
	if m[6] != "" {
		request.Resource += "/index/" + m[6]
	}
	return request, nil
}
