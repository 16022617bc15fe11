//! Nodes as expressions.
//!
//! Each function here returns an expression whose value, wherever it is printed as an operand
//! or as a whole right-hand side, equals the node's.

use super::ast::{BinaryOp as Op, Expr, UnaryOp};
use super::lower::Lowering;
use super::print::flat;
use super::simplify::{
    compare, concat, constant, equal, factor, is_exhaustive, logical, negated, negative_constant,
    repeat, same_signedness,
};
use crate::Shape;
use crate::ir::{BinaryOp, CasePattern, NodeId, NodeKind, UnaryOp as IrUnaryOp};
use num_traits::Zero;

/// Characters that operands may take up together before the longest gets a name.
const OPERANDS: usize = 72;
/// Characters of one operand of a concatenation, or connection of an instance.
const PART: usize = 48;
/// What the name of an operand is taken to be long.
const NAME: usize = 24;
/// A chain of one operator, or of `? :`, longer than this gets a name when it is an operand.
const CHAIN: usize = 400;
/// Verilator takes shift amounts of up to so many bits.
const AMOUNT_BITS: u32 = 32;

impl Lowering<'_> {
    /// The node as the whole right-hand side of an assignment of its width.
    pub(super) fn whole(&mut self, node: NodeId) -> Expr {
        match (&self.nets[node.index()], &self.expressions[node.index()]) {
            (Some(net), _) => Expr::Net(net.clone()),
            (None, Some(expr)) => expr.clone(),
            (None, None) => unreachable!("operands are lowered before their readers"),
        }
    }

    /// The node as an operand: safe in any context of its own width.
    pub(super) fn operand(&mut self, node: NodeId) -> Expr {
        self.operand_within(node, OPERANDS)
    }

    fn operand_within(&mut self, node: NodeId, limit: usize) -> Expr {
        match self.whole(node) {
            expr if expr.stands_alone() => self.materialize(node),
            expr if !expr.is_simple() && flat(&expr).len() > limit => self.materialize(node),
            expr @ Expr::Binary(Op::ArithmeticShiftRight, ..) => Expr::Signed(Box::new(expr)),
            expr => expr,
        }
    }

    /// The node as a net, some bits of one, or a constant.
    pub(super) fn simple(&mut self, node: NodeId) -> Expr {
        let expr = self.whole(node);
        if expr.is_simple() {
            expr
        } else {
            self.materialize(node)
        }
    }

    /// Several operands that stand on one line. The longest get names, in the order of the nodes.
    fn operands<const N: usize>(&mut self, nodes: [NodeId; N]) -> [Expr; N] {
        let mut exprs = nodes.map(|node| self.operand(node));
        let mut lengths = exprs.each_ref().map(|expr| flat(expr).len());
        let mut named: Vec<usize> = Vec::new();
        while lengths.iter().sum::<usize>() > OPERANDS {
            let unnamed = (0..N).filter(|i| !exprs[*i].is_simple() && !named.contains(i));
            let Some(longest) = unnamed.max_by_key(|i| lengths[*i]) else {
                break;
            };
            lengths[longest] = NAME;
            named.push(longest);
        }
        named.sort_by_key(|index| nodes[*index]);
        for index in named {
            exprs[index] = self.materialize(nodes[index]);
        }
        exprs
    }

    /// The operands of an operator, which may go on a chain of the same one: it is printed a term a
    /// line.
    fn terms(&mut self, op: BinaryOp, a: NodeId, b: NodeId) -> [Expr; 2] {
        let chains = matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Xor);
        let goes_on =
            matches!(&self.module.node(a).kind, NodeKind::Binary(same, ..) if *same == op);
        if !(chains && goes_on && matches!(self.whole(a), Expr::Binary(..))) {
            return self.operands([a, b]);
        }
        let term = self.operand(b);
        let chain = self.whole(a);
        match flat(&chain).len() > CHAIN {
            true => [self.materialize(a), term],
            false => [chain, term],
        }
    }

    /// The node's own expression, from its operands.
    pub(super) fn expression(&mut self, node: NodeId) -> Expr {
        let ir = self.module.node(node);
        let shape = ir.shape;
        if let Some(bits) = &self.graph.values[node.index()]
            // These go on to the operand taken, which may be the name of a state.
            && !matches!(
                ir.kind,
                NodeKind::Constant { .. } | NodeKind::Mux { .. } | NodeKind::Case { .. }
            )
        {
            return constant(shape, bits);
        }
        match &ir.kind {
            NodeKind::Constant { bits, state } => {
                let name = state.and_then(|(states, variant)| self.state(states, variant));
                name.unwrap_or_else(|| constant(shape, bits))
            }
            NodeKind::Unary(op, a) => self.unary(*op, *a),
            NodeKind::Binary(op, a, b) => self.binary(*op, *a, *b),
            NodeKind::Mux {
                condition,
                then,
                otherwise,
            } => self.mux(*condition, *then, *otherwise),
            NodeKind::Case {
                selector,
                arms,
                default,
            } => self.chain(*selector, arms, *default),
            NodeKind::Slice { value, lsb } => {
                let whole = self.whole(*value);
                whole.slice(*lsb, shape.width).unwrap_or_else(|| {
                    let net = self.materialize(*value);
                    net.slice(*lsb, shape.width).expect("a net can be sliced")
                })
            }
            NodeKind::Concat(parts) => {
                let parts: Vec<Expr> = parts
                    .iter()
                    .map(|part| self.operand_within(*part, PART))
                    .collect();
                concat(parts)
            }
            NodeKind::Extend(value) => self.extend(*value, shape),
            NodeKind::Cast(value) => match self.whole(*value) {
                expr if expr.stands_alone() => self.materialize(*value),
                expr @ Expr::Binary(Op::ArithmeticShiftRight, ..) => Expr::Signed(Box::new(expr)),
                expr => expr,
            },
            NodeKind::MemoryWord { memory, address } => {
                let id = memory.index();
                let memory = &self.module.memories[id];
                Expr::Word {
                    memory: self.memory_names[id].clone(),
                    width: shape.width,
                    index: Box::new(self.index(memory, *address)),
                }
            }
            NodeKind::Input(_)
            | NodeKind::Wire { .. }
            | NodeKind::Register(_)
            | NodeKind::MemoryRead { .. }
            | NodeKind::InstanceOutput { .. } => self.whole(node),
        }
    }

    fn unary(&mut self, op: IrUnaryOp, a: NodeId) -> Expr {
        let operand = self.operand(a);
        let one_bit = operand.width() == 1;
        match op {
            IrUnaryOp::Not if one_bit => negated(operand),
            IrUnaryOp::Not => Expr::unary(UnaryOp::Complement, operand),
            IrUnaryOp::Negate => Expr::unary(UnaryOp::Negate, operand),
            IrUnaryOp::ReduceAnd | IrUnaryOp::ReduceOr | IrUnaryOp::ReduceXor if one_bit => operand,
            IrUnaryOp::ReduceAnd => Expr::unary(UnaryOp::ReduceAnd, operand),
            IrUnaryOp::ReduceOr => Expr::unary(UnaryOp::ReduceOr, operand),
            IrUnaryOp::ReduceXor => Expr::unary(UnaryOp::ReduceXor, operand),
        }
    }

    fn binary(&mut self, op: BinaryOp, a: NodeId, b: NodeId) -> Expr {
        let shape = self.module.shape(a);
        match op {
            BinaryOp::Multiply => {
                let (left, right) = (self.simple(a), self.simple(b));
                let (left, right) = same_signedness(shape.signed, left, right);
                return Expr::binary(Op::Multiply, factor(left), factor(right));
            }
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => return self.shift(op, a, b),
            _ => {}
        }
        let [mut left, mut right] = self.terms(op, a, b);
        if matches!(op, BinaryOp::Add | BinaryOp::Subtract) {
            // Simulators widen faster than they copy sign bits, and it reads better.
            match (self.widened(a), self.widened(b)) {
                (Some(net), None) if right.is_signed() => left = net,
                (None, Some(net)) if left.is_signed() => right = net,
                _ => {}
            }
        }
        let one_bit = left.width() == 1;
        match op {
            BinaryOp::Add => match negative_constant(&right) {
                Some(magnitude) => Expr::binary(Op::Subtract, left, magnitude),
                None => Expr::binary(Op::Add, left, right),
            },
            BinaryOp::Subtract => Expr::binary(Op::Subtract, left, right),
            BinaryOp::And if one_bit => logical(Op::LogicalAnd, left, right),
            BinaryOp::Or if one_bit => logical(Op::LogicalOr, left, right),
            BinaryOp::And => Expr::binary(Op::And, left, right),
            BinaryOp::Or => Expr::binary(Op::Or, left, right),
            BinaryOp::Xor => Expr::binary(Op::Xor, left, right),
            BinaryOp::Equal => equal(left, right),
            BinaryOp::NotEqual => negated(equal(left, right)),
            BinaryOp::Less | BinaryOp::LessOrEqual => {
                let value = |node: NodeId| {
                    let bits = self.graph.values[node.index()].as_ref();
                    bits.map(|bits| shape.from_bits(bits))
                };
                let values = (value(a), value(b));
                compare(op == BinaryOp::LessOrEqual, shape, (left, right), values)
            }
            BinaryOp::Multiply | BinaryOp::ShiftLeft | BinaryOp::ShiftRight => {
                unreachable!("lowered above")
            }
        }
    }

    /// The net whose sign the node extends, as an operand of a signed sum.
    fn widened(&self, node: NodeId) -> Option<Expr> {
        let NodeKind::Extend(value) = self.module.node(node).kind else {
            return None;
        };
        let net = self.nets[value.index()].as_ref()?;
        let widens = self.nets[node.index()].is_none() && net.signed;
        widens.then(|| Expr::Widened {
            value: Box::new(Expr::Net(net.clone())),
            width: self.module.shape(node).width,
        })
    }

    fn shift(&mut self, op: BinaryOp, a: NodeId, b: NodeId) -> Expr {
        let shape = self.module.shape(a);
        let amount_width = self.module.shape(b).width;
        let arithmetic = op == BinaryOp::ShiftRight && shape.signed;
        let shift = |value: Expr, amount: Expr| match op {
            BinaryOp::ShiftLeft => Expr::binary(Op::ShiftLeft, value, amount),
            _ if arithmetic => Expr::binary(Op::ArithmeticShiftRight, value.as_signed(), amount),
            _ => Expr::binary(Op::ShiftRight, value, amount),
        };
        if let Expr::Constant { bits, .. } = self.whole(b) {
            if bits.is_zero() {
                return self.operand(a);
            }
            // Beyond the width only the sign is left, as it is at the width less one.
            let most = if arithmetic {
                shape.width - 1
            } else {
                shape.width
            };
            let amount = bits.min(most.into());
            if amount.is_zero() {
                return self.operand(a);
            }
            let width = u32::try_from(amount.bits()).unwrap_or(AMOUNT_BITS);
            let value = self.operand(a);
            return shift(value, Expr::unsigned(width, amount));
        }
        if amount_width <= AMOUNT_BITS {
            let [value, amount] = self.operands([a, b]);
            return shift(value, amount);
        }
        let (value, amount) = (self.simple(a), self.simple(b));
        let slice = |lsb, width| {
            amount
                .slice(lsb, width)
                .expect("simple expressions have slices")
        };
        let high = slice(AMOUNT_BITS, amount_width - AMOUNT_BITS);
        let low = slice(0, AMOUNT_BITS);
        let far = if high.width() > 1 {
            Expr::unary(UnaryOp::ReduceOr, high)
        } else {
            high
        };
        let gone = if arithmetic {
            let sign = value
                .slice(shape.width - 1, 1)
                .expect("simple expressions have slices");
            repeat(shape.width, sign)
        } else {
            Expr::unsigned(shape.width, 0u32)
        };
        let near = shift(value, low);
        let near = if arithmetic {
            Expr::Signed(Box::new(near))
        } else {
            near
        };
        Expr::ternary(far, gone, near)
    }

    fn mux(&mut self, condition: NodeId, then: NodeId, otherwise: NodeId) -> Expr {
        if let Expr::Constant { bits, .. } = self.whole(condition) {
            let taken = if bits.is_zero() { otherwise } else { then };
            return self.operand_within(taken, CHAIN);
        }
        let [condition, then] = self.operands([condition, then]);
        let otherwise = self.rest_of_chain(otherwise);
        Expr::ternary(condition, then, otherwise)
    }

    /// The last operand of a `? :`, which may itself be a chain, printed a line per condition.
    fn rest_of_chain(&mut self, node: NodeId) -> Expr {
        let limit = match self.whole(node) {
            Expr::Ternary(..) => CHAIN,
            _ => OPERANDS,
        };
        self.operand_within(node, limit)
    }

    /// A case as a chain of `? :`.
    fn chain(&mut self, selector: NodeId, arms: &[(CasePattern, NodeId)], default: NodeId) -> Expr {
        let width = self.module.shape(selector).width;
        if let Expr::Constant { bits, .. } = self.whole(selector) {
            let arm = arms.iter().find(|(pattern, _)| pattern.bits == bits);
            let taken = arm.map_or(default, |(_, value)| *value);
            return self.operand_within(taken, CHAIN);
        }
        let mut arms = arms;
        let mut result = None;
        if is_exhaustive(arms.len(), width)
            && let [front @ .., (_, last)] = arms
        {
            arms = front;
            result = Some(self.rest_of_chain(*last));
        }
        let mut result = match result {
            Some(result) => result,
            None => self.rest_of_chain(default),
        };
        if arms.is_empty() {
            return result;
        }
        let selector = self.simple(selector);
        for (pattern, value) in arms.iter().rev() {
            let pattern = self.pattern(pattern, width);
            let value = self.operand(*value);
            result = Expr::ternary(equal(selector.clone(), pattern), value, result);
        }
        result
    }

    /// A pattern of a case as a constant or state name.
    pub(super) fn pattern(&mut self, pattern: &CasePattern, width: u32) -> Expr {
        let name = pattern
            .state
            .and_then(|(states, variant)| self.state(states, variant));
        name.filter(|name| name.width() == width)
            .unwrap_or_else(|| Expr::unsigned(width, pattern.bits.clone()))
    }

    fn extend(&mut self, value: NodeId, shape: Shape) -> Expr {
        let from = self.module.shape(value);
        if let Expr::Constant { bits, .. } = self.whole(value) {
            return constant(shape, &shape.to_bits(&from.from_bits(&bits)));
        }
        // Simulators multiply in the wider width at once, without taking the sign bit apart.
        if let product @ Expr::Binary(Op::Multiply, ..) = self.whole(value)
            && product.is_signed() == from.signed
        {
            return Expr::Widened {
                value: Box::new(product),
                width: shape.width,
            };
        }
        let added = shape.width - from.width;
        if !from.signed {
            let value = self.operand_within(value, PART);
            return concat(vec![Expr::unsigned(added, 0u32), value]);
        }
        let value = self.simple(value);
        let sign = value
            .slice(from.width - 1, 1)
            .expect("simple expressions have slices");
        if from.width == 1 {
            return repeat(shape.width, sign);
        }
        concat(vec![repeat(added, sign), value])
    }
}
