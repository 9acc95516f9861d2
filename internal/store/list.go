package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"gorm.io/gorm/schema"
)

func init() { schema.RegisterSerializer("list", list{}) }

// list keeps a slice as a JSON array; none is [], so that the column is never
// NULL.
type list struct{}

func (list) Scan(ctx context.Context, field *schema.Field, dst reflect.Value, value any) error {
	var text []byte
	switch v := value.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	case nil:
	default:
		return fmt.Errorf("column %s is not text but %T", field.DBName, value)
	}
	target := reflect.New(field.FieldType)
	if len(text) > 0 && string(text) != "[]" {
		if err := json.Unmarshal(text, target.Interface()); err != nil {
			return fmt.Errorf("column %s: %w", field.DBName, err)
		}
	}
	field.ReflectValueOf(ctx, dst).Set(target.Elem())
	return nil
}

func (list) Value(_ context.Context, _ *schema.Field, _ reflect.Value, value any) (any, error) {
	if reflect.ValueOf(value).Len() == 0 {
		return "[]", nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}
