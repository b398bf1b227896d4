package fakes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

const (
	maxBatch    = 25
	maxKeys     = 100
	maxResponse = 1 << 20 // of what a query reads, before projection
)

// putItem comes before each item of a batch. A string cannot have it inside,
// since its quotes would be escaped.
const putItem = `{"PutRequest":{"Item":`

// batchWrite finds the items and their keys without reading all of them: the
// processors are the workers' too. Items are read when somebody asks for them.
func (t *Table) batchWrite(body []byte) ([]byte, error) {
	items := bytes.Split(body, []byte(putItem))[1:]
	if len(items) == 0 || len(items) > maxBatch || bytes.Contains(body, []byte(`{"DeleteRequest":`)) {
		return nil, invalid("a batch of %d puts", len(items))
	}
	last := len(items) - 1
	items[last] = items[last][:bytes.LastIndex(items[last], []byte("}}]"))+len("}},")]
	pks, rows, seen := make([]string, len(items)), make([]*row, len(items)), map[string]bool{}
	for i, item := range items {
		var err error
		if pks[i], rows[i], err = rowOf(item[:max(len(item)-len("}},"), 0)]); err != nil {
			return nil, err
		}
		id := pks[i] + " " + rows[i].sk
		if seen[id] {
			return nil, invalid("Provided list of item keys contains duplicates")
		}
		seen[id] = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range rows {
		t.store(pks[i], r)
	}
	t.stats.Rows += len(rows)
	t.stats.Bytes += int64(len(body))
	return []byte(`{"UnprocessedItems":{}}`), nil
}

// expression is what requests with expressions have in common.
type expression struct {
	ConditionExpression       string
	KeyConditionExpression    string
	ProjectionExpression      string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]json.RawMessage
}

func (e expression) values() (map[string]string, error) {
	out := map[string]string{}
	for name, raw := range e.ExpressionAttributeValues {
		_, v, ok := typed(raw)
		if !ok {
			return nil, invalid("value %s is not known", name)
		}
		out[name] = v
	}
	return out, nil
}

// project appends the item with the attributes that are asked for.
func (e expression) project(dst []byte, r *row) []byte {
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(e.ProjectionExpression, ",") {
		wanted[e.ExpressionAttributeNames[strings.TrimSpace(name)]] = true
	}
	return r.write(dst, wanted)
}

func (r *row) write(dst []byte, wanted map[string]bool) []byte {
	r.read()
	dst = append(dst, '{')
	comma := false
	for i, name := range r.names {
		if len(wanted) > 0 && !wanted[""] && !wanted[name] {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		comma = true
		dst = append(append(append(dst, '"'), name...), `":`...)
		dst = append(dst, r.raws[i]...)
	}
	return append(dst, '}')
}

func (t *Table) query(body []byte) ([]byte, error) {
	var in struct {
		expression
		ExclusiveStartKey map[string]json.RawMessage
		Limit             int
		IndexName         string
		ScanIndexForward  *bool
	}
	if json.Unmarshal(body, &in) != nil || in.IndexName != "" || in.ScanIndexForward != nil && !*in.ScanIndexForward {
		return nil, invalid("a query of this kind is not known")
	}
	values, err := in.values()
	if err != nil {
		return nil, err
	}
	first, sort1, bounded := strings.Cut(in.KeyConditionExpression, " AND ")
	if first != "#pk = :partition" {
		return nil, invalid("key condition %q is not known", in.KeyConditionExpression)
	}
	holds := func(*row) (bool, error) { return true, nil }
	if bounded {
		holds = func(r *row) (bool, error) { return evaluate(sort1, in.expression, values, r) }
	}
	start := ""
	if in.ExclusiveStartKey != nil {
		_, start, _ = typed(in.ExclusiveStartKey["sk"])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.collect(values[":partition"], start, in.Limit, holds, in.expression)
}

// collect answers a query. The caller holds mu.
func (t *Table) collect(pk, start string, limit int, holds func(*row) (bool, error), e expression) ([]byte, error) {
	out, n, read, last := []byte(`{"Items":[`), 0, 0, ""
	p := t.partitions[pk]
	if p == nil {
		p = &partition{}
	}
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(e.ProjectionExpression, ",") {
		wanted[e.ExpressionAttributeNames[strings.TrimSpace(name)]] = true
	}
	from := sort.Search(len(p.rows), func(i int) bool { return p.rows[i].sk > start })
	for _, r := range p.rows[from:] {
		ok, err := holds(r)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if read+len(r.item) > maxResponse || limit > 0 && n == limit {
			break
		}
		if n > 0 {
			out = append(out, ',')
		}
		out = r.write(out, wanted)
		read, n, last = read+len(r.item), n+1, r.sk
	}
	out = append(out, fmt.Sprintf(`],"Count":%d,"ScannedCount":%d`, n, n)...)
	if n > 0 && last != p.rows[len(p.rows)-1].sk {
		out = append(out, fmt.Sprintf(`,"LastEvaluatedKey":{"pk":{"S":%q},"sk":{"S":%q}}`, pk, last)...)
	}
	return append(out, '}'), nil
}

func (t *Table) put(body []byte) ([]byte, error) {
	var in struct {
		expression
		Item json.RawMessage
	}
	if json.Unmarshal(body, &in) != nil {
		return nil, invalid("a put is not well formed")
	}
	pk, r, err := rowOf(in.Item)
	if err != nil {
		return nil, err
	}
	if r.read(); r.names == nil {
		return nil, invalid("an item is not well formed")
	}
	values, err := in.values()
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if in.ConditionExpression != "" {
		old := t.find(pk, r.sk)
		if old == nil {
			old = &row{names: []string{}}
		}
		ok, err := evaluate(in.ConditionExpression, in.expression, values, old)
		if err != nil {
			return nil, err
		}
		if !ok {
			t.stats.Refused++
			return nil, &failure{"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "The conditional request failed"}
		}
	}
	t.store(pk, r)
	t.stats.Rows++
	t.stats.Bytes += int64(len(body))
	return []byte(`{}`), nil
}

func (t *Table) batchGet(body []byte) ([]byte, error) {
	var in struct {
		RequestItems map[string]struct {
			expression
			Keys []map[string]json.RawMessage
		}
	}
	if json.Unmarshal(body, &in) != nil || len(in.RequestItems) != 1 {
		return nil, invalid("a batch is not well formed")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for table, get := range in.RequestItems {
		if len(get.Keys) == 0 || len(get.Keys) > maxKeys {
			return nil, invalid("a batch of %d", len(get.Keys))
		}
		out, comma := fmt.Appendf(nil, `{"Responses":{%q:[`, table), false
		for _, k := range get.Keys {
			_, pk, _ := typed(k["pk"])
			_, sk, _ := typed(k["sk"])
			r := t.find(pk, sk)
			if r == nil {
				continue
			}
			if comma {
				out = append(out, ',')
			}
			comma = true
			out = get.project(out, r)
		}
		return append(out, `]},"UnprocessedKeys":{}}`...), nil
	}
	return nil, nil
}
