package dynamo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// item is an item as the SDK has it.
type item = map[string]types.AttributeValue

// with are the values of an expression: "name" stands for ":name".
type with map[string]any

// names maps the #name of expressions to the attributes of those names, so
// that expressions can be written out plainly and reserved words do not
// matter. It is nil where there are none, as the SDK wants it.
func names(expressions ...string) map[string]string {
	var found map[string]string
	for _, e := range expressions {
		for _, part := range strings.Split(e, "#")[1:] {
			end := strings.IndexFunc(part, func(r rune) bool { return !isLetter(r) })
			if end >= 0 {
				part = part[:end]
			}
			if found == nil {
				found = map[string]string{}
			}
			found["#"+part] = part
		}
	}
	return found
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// values marshals; nil where there are none.
func (w with) values() (item, error) {
	if len(w) == 0 {
		return nil, nil
	}
	out := make(item, len(w))
	for name, v := range w {
		av, err := marshalValue(v)
		if err != nil {
			return nil, fmt.Errorf("value %s: %w", name, err)
		}
		out[":"+name] = av
	}
	return out, nil
}

// update is a conditional change of one item: what to set, what to remove, and
// under which condition. set and with must not share names.
type update struct {
	key    key
	set    with
	remove []string
	// inc adds 1 to attributes.
	inc []string
	// first sets what is not set yet.
	first with
	cond  string
	with  with
}

func (u update) expression() string {
	sets := make([]string, 0, len(u.set)+1)
	for _, name := range slices.Sorted(maps.Keys(u.set)) {
		sets = append(sets, fmt.Sprintf("#%s = :%s", name, name))
	}
	for _, name := range slices.Sorted(maps.Keys(u.first)) {
		sets = append(sets, fmt.Sprintf("#%s = if_not_exists(#%s, :%s)", name, name, name))
	}
	for _, name := range u.inc {
		sets = append(sets, fmt.Sprintf("#%s = if_not_exists(#%s, :zero) + :one", name, name))
	}
	expr := "SET " + strings.Join(sets, ", ")
	if len(u.remove) > 0 {
		expr += " REMOVE #" + strings.Join(u.remove, ", #")
	}
	return expr
}

func (u update) values() (item, error) {
	all := with{}
	maps.Copy(all, u.with)
	maps.Copy(all, u.set)
	maps.Copy(all, u.first)
	if len(u.inc) > 0 {
		all["zero"], all["one"] = 0, 1
	}
	return all.values()
}

// Struct tags are dynamodbav's; where there is none the json tag counts, so
// that the model's own small structs can be stored as they are.
const fallbackTag = "json"

func marshalValue(v any) (types.AttributeValue, error) {
	return attributevalue.MarshalWithOptions(v, func(o *attributevalue.EncoderOptions) { o.TagKey = fallbackTag })
}

func marshal(v any) (item, error) {
	av, err := attributevalue.MarshalMapWithOptions(v, func(o *attributevalue.EncoderOptions) { o.TagKey = fallbackTag })
	if err != nil {
		return nil, fmt.Errorf("marshal item: %w", err)
	}
	return av, nil
}

func unmarshal[T any](in item) (T, error) {
	var out T
	err := attributevalue.UnmarshalMapWithOptions(in, &out, func(o *attributevalue.DecoderOptions) { o.TagKey = fallbackTag })
	if err != nil {
		return out, fmt.Errorf("unmarshal item: %w", err)
	}
	return out, nil
}

func unmarshalAll[T any](in []item) ([]T, error) {
	out := make([]T, len(in))
	for i := range in {
		var err error
		if out[i], err = unmarshal[T](in[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
